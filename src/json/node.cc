#include "json/node.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <unordered_map>

#include "json/reader.h"

namespace millrace::json {

std::optional<std::int64_t> Node::integer() const {
  if (!is_integer()) return std::nullopt;
  const std::string& text = number().text;
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

double Node::real() const { return std::strtod(number().text.c_str(), nullptr); }

const Node* Node::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  for (const Member& member : members()) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

Node* Node::find(std::string_view name) { return const_cast<Node*>(std::as_const(*this).find(name)); }

Node& Node::set(std::string name, Node value) {
  if (Node* old = find(name)) {
    *old = std::move(value);
    return *old;
  }
  return members().emplace_back(std::move(name), std::move(value)).second;
}

Node& Node::push_back(Node value) { return items().emplace_back(std::move(value)); }

void Node::append_to(std::string& out, Escape escape) const {
  switch (kind()) {
    case Kind::kNull: out += "null"; return;
    case Kind::kBool: out += boolean() ? "true" : "false"; return;
    case Kind::kNumber: out += number().text; return;
    case Kind::kString: append_string(out, string(), escape); return;
    case Kind::kArray:
      out += '[';
      for (const Node& item : items()) {
        if (&item != items().data()) out += ',';
        item.append_to(out, escape);
      }
      out += ']';
      return;
    case Kind::kObject:
      out += '{';
      for (const Member& member : members()) {
        if (&member != members().data()) out += ',';
        append_string(out, member.first, escape);
        out += ':';
        member.second.append_to(out, escape);
      }
      out += '}';
      return;
  }
}

std::string Node::dump(Escape escape) const {
  std::string out;
  append_to(out, escape);
  return out;
}

bool Node::operator==(const Node& other) const {
  if (!is_object() || !other.is_object()) return v_ == other.v_;
  if (members().size() != other.members().size()) return false;
  return std::all_of(members().begin(), members().end(), [&](const Member& member) {
    const Node* found = other.find(member.first);
    return found != nullptr && *found == member.second;
  });
}

namespace {

/// A repeated name keeps its first place and takes its last value.
void merge_repeated(Node::Object& members) {
  constexpr std::size_t kFew = 16;
  std::unordered_map<std::string_view, std::size_t> seen;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    std::size_t earlier = kept;
    if (members.size() <= kFew) {
      for (std::size_t k = 0; k < kept; ++k) {
        if (members[k].first == members[i].first) earlier = k;
      }
    } else {
      const auto found = seen.find(members[i].first);
      if (found != seen.end()) earlier = found->second;
    }
    if (earlier != kept) {
      members[earlier].second = std::move(members[i].second);
      continue;
    }
    if (kept != i) members[kept] = std::move(members[i]);
    if (members.size() > kFew) seen.emplace(members[kept].first, kept);
    ++kept;
  }
  members.erase(members.begin() + static_cast<std::ptrdiff_t>(kept), members.end());
}

Node read_value(Reader& reader, Token token) {
  switch (token) {
    case Token::kTrue: return true;
    case Token::kFalse: return false;
    case Token::kInteger:
    case Token::kReal: return Number{std::string(reader.number()), token == Token::kReal};
    case Token::kString: return reader.string();
    case Token::kBeginArray: {
      Node::Array items;
      while (reader.next_element()) items.push_back(read_value(reader, reader.next()));
      return Node::array(std::move(items));
    }
    case Token::kBeginObject: {
      Node::Object members;
      std::string_view name;
      while (reader.next_member(name)) {
        std::string key(name);
        Node value = read_value(reader, reader.next());
        members.emplace_back(std::move(key), std::move(value));
      }
      if (members.size() > 1) merge_repeated(members);
      return Node::object(std::move(members));
    }
    case Token::kNull:
    case Token::kEnd: break;
  }
  return nullptr;
}

}  // namespace

std::optional<Node> read_node(Reader& reader) {
  const Token token = reader.next();
  if (token == Token::kEnd) return std::nullopt;
  return read_value(reader, token);
}

std::optional<Node> parse(std::string_view text, Trailing trailing) {
  Reader reader(text);
  auto node = read_node(reader);
  if (node && trailing == Trailing::kRefuse) {
    const Token token = reader.next();
    if (token != Token::kEnd) {
      throw ParseError("com.fasterxml.jackson.databind.exc.MismatchedInputException",
                       "Trailing token found after value: only one JSON value is expected", reader.position());
    }
  }
  return node;
}

}  // namespace millrace::json
