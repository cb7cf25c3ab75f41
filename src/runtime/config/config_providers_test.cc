#include "runtime/config/config_providers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace millrace::runtime {
namespace {

namespace fs = std::filesystem;

class ConfigProvidersTest : public ::testing::Test {
 protected:
  ConfigProvidersTest() : folder_(fs::temp_directory_path() / ("millrace-providers-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_ / "secrets");
    write("db.properties", "user = bob\npassword=p:w}\nnested=${env:HOME}\nname=\u00e4\n");
    write("secrets/token", "line\n");
  }
  ~ConfigProvidersTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::string path(const std::string& name) { return (folder_ / name).string(); }

  Props worker(Props more = {}) {
    more.emplace("config.providers", "file, dir,env");
    more.emplace("config.providers.file.class", "org.apache.kafka.common.config.provider.FileConfigProvider");
    more.emplace("config.providers.dir.class", "DirectoryConfigProvider");
    more.emplace("config.providers.env.class", "EnvVar");
    return more;
  }
  std::string resolve(const std::string& text, Props more = {}) {
    Result<ConfigProviders> providers = ConfigProviders::create(worker(std::move(more)));
    if (!providers) return "error: " + providers.error().text;
    Result<std::string> resolved = providers->resolve(text);
    return resolved ? *resolved : "error: " + resolved.error().text;
  }

  fs::path folder_;
};

TEST_F(ConfigProvidersTest, FileValuesAreReplacedOnce) {
  EXPECT_EQ(resolve("a ${file:" + path("db.properties") + ":user}/${file:" + path("db.properties") + ":password} b"),
            "a bob/p:w} b");
  EXPECT_EQ(resolve("${file:" + path("db.properties") + ":nested}"), "${env:HOME}");
  EXPECT_EQ(resolve("${file:" + path("db.properties") + ":name}"), "\u00e4");
}

TEST_F(ConfigProvidersTest, WhatIsUnknownStays) {
  const std::string missing_key = "${file:" + path("db.properties") + ":nope}";
  EXPECT_EQ(resolve(missing_key), missing_key);
  EXPECT_EQ(resolve("${vault:x:y} ${} ${x} ${file:"), "${vault:x:y} ${} ${x} ${file:");
  EXPECT_EQ(resolve("${file::user}"), "${file::user}");
}

TEST_F(ConfigProvidersTest, DirectoryGivesWholeFiles) {
  EXPECT_EQ(resolve("${dir:" + path("secrets") + ":token}"), "line\n");
  const std::string outside = "${dir:" + path("secrets") + ":../db.properties}";
  EXPECT_EQ(resolve(outside), outside);
}

TEST_F(ConfigProvidersTest, EnvironmentVariables) {
  ::setenv("MILLRACE_TEST_SECRET", "s3", 1);
  EXPECT_EQ(resolve("${env:MILLRACE_TEST_SECRET}"), "s3");
  EXPECT_EQ(resolve("${env:x:MILLRACE_TEST_SECRET}"),
            "error: Path is not supported for EnvVarConfigProvider, invalid value 'x'");
  EXPECT_EQ(resolve("${env:MILLRACE_TEST_SECRET}", {{"config.providers.env.param.allowlist.pattern", "MILLRACE_.*"}}),
            "s3");
  EXPECT_EQ(resolve("${env:MILLRACE_TEST_SECRET}", {{"config.providers.env.param.allowlist.pattern", "TEST"}}),
            "${env:MILLRACE_TEST_SECRET}");
}

TEST_F(ConfigProvidersTest, AllowedPathsAreAbsoluteAndExist) {
  const std::string variable = "${file:" + path("db.properties") + ":user}";
  EXPECT_EQ(resolve(variable, {{"config.providers.file.param.allowed.paths", folder_.string()}}), "bob");
  EXPECT_EQ(resolve(variable, {{"config.providers.file.param.allowed.paths", path("secrets")}}), variable);
  EXPECT_EQ(resolve("${file:" + path("secrets/../db.properties") + ":user}",
                    {{"config.providers.file.param.allowed.paths", path("secrets")}}),
            "${file:" + path("secrets/../db.properties") + ":user}");
  EXPECT_EQ(resolve("", {{"config.providers.file.param.allowed.paths", "x"}}),
            "error: config provider file: Path x is not absolute");
  EXPECT_EQ(resolve("", {{"config.providers.dir.param.allowed.paths", "/nonexistent"}}),
            "error: config provider dir: Path /nonexistent does not exist");
}

TEST_F(ConfigProvidersTest, ProblemsAreErrors) {
  EXPECT_EQ(resolve("${file:/nonexistent:x}"), "error: Could not read properties from file /nonexistent");
  EXPECT_EQ(
      resolve("", {{"config.providers.env.class", "com.x.Vault"}}),
      "error: Invalid value com.x.Vault for configuration config.providers.env.class: Could not load config provider "
      "class or one of its dependencies; use "
      "FileConfigProvider, DirectoryConfigProvider or EnvVarConfigProvider");
}

TEST_F(ConfigProvidersTest, TaskConfigsGetTheirVariablesBack) {
  RawConfig task{{"password", "s3cret"}, {"user", "bob"}, {"task.id", "0"}};
  restore_variables({{"password", "${file:x:y}"}, {"user", "bob"}, {"other", "${env:A}"}}, task);
  EXPECT_EQ(task, (RawConfig{{"password", "${file:x:y}"}, {"user", "bob"}, {"task.id", "0"}}));
}

TEST_F(ConfigProvidersTest, WorkerFilesResolveThemselves) {
  write("worker.properties", "config.providers=file\nconfig.providers.file.class=File\ngroup.id=${file:" +
                                 path("db.properties") + ":user}\nplugin.path=${file:a:b}\n");
  const Result<Props> loaded = load_worker_properties(path("worker.properties"));
  ASSERT_TRUE(loaded.ok()) << loaded.error().text;
  EXPECT_EQ(loaded->at("group.id"), "bob");
  EXPECT_EQ(loaded->at("plugin.path"), "${file:a:b}");
  EXPECT_TRUE(load_worker_properties("")->empty());
}

}  // namespace
}  // namespace millrace::runtime
