#include "runtime/config/key_rows.h"

// Names, types and defaults are those of Kafka 4.1.

namespace millrace::runtime {
namespace {

using T = ConfigType;
using I = Importance;

// clang-format off
constexpr KeyRow kSsl[] = {
    {"ssl.protocol", T::kString, "TLSv1.3", I::kMedium, "", "TLS protocol used to make the SSL context."},
    {"ssl.provider", T::kString, nullptr, I::kMedium, "", "Security provider; has no meaning without a JVM."},
    {"ssl.cipher.suites", T::kList, nullptr, I::kLow, "", "Cipher suites, all available ones when absent."},
    {"ssl.enabled.protocols", T::kList, "TLSv1.2,TLSv1.3", I::kMedium, "", "TLS versions that may be negotiated."},
    {"ssl.keystore.type", T::kString, "JKS", I::kMedium, "", "Format of the key store: JKS, PKCS12 or PEM. JKS and PKCS12 files are told apart by their content."},
    {"ssl.keystore.location", T::kString, nullptr, I::kHigh, "", "File that holds the certificate and key."},
    {"ssl.keystore.password", T::kPassword, nullptr, I::kHigh, "", "Password of the key store file."},
    {"ssl.key.password", T::kPassword, nullptr, I::kHigh, "", "Password of the private key."},
    {"ssl.keystore.key", T::kPassword, nullptr, I::kHigh, "", "Private key as PEM text."},
    {"ssl.keystore.certificate.chain", T::kPassword, nullptr, I::kHigh, "", "Certificate chain as PEM text."},
    {"ssl.truststore.certificates", T::kPassword, nullptr, I::kHigh, "", "Trusted certificates as PEM text."},
    {"ssl.truststore.type", T::kString, "JKS", I::kMedium, "", "Format of the trust store: JKS, PKCS12 or PEM. JKS and PKCS12 files are told apart by their content."},
    {"ssl.truststore.location", T::kString, nullptr, I::kHigh, "", "File that holds the trusted certificates."},
    {"ssl.truststore.password", T::kPassword, nullptr, I::kHigh, "", "Password of the trust store file."},
    {"ssl.keymanager.algorithm", T::kString, "SunX509", I::kLow, "", "Key manager algorithm; has no meaning without a JVM."},
    {"ssl.trustmanager.algorithm", T::kString, "PKIX", I::kLow, "", "Trust manager algorithm; has no meaning without a JVM."},
    {"ssl.endpoint.identification.algorithm", T::kString, "https", I::kLow, "", "Check of the server's name against its certificate; empty switches it off."},
    {"ssl.secure.random.implementation", T::kString, nullptr, I::kLow, "", "Random number generator; has no meaning without a JVM."},
    {"ssl.engine.factory.class", T::kClass, nullptr, I::kLow, "", "Class that makes TLS engines; has no meaning without a JVM."},
};

constexpr KeyRow kSasl[] = {
    {"sasl.kerberos.service.name", T::kString, nullptr, I::kMedium, "", "Kerberos principal name that the brokers run as."},
    {"sasl.kerberos.kinit.cmd", T::kString, "/usr/bin/kinit", I::kLow, "", "Path of the kinit command."},
    {"sasl.kerberos.ticket.renew.window.factor", T::kDouble, "0.8", I::kLow, "", "Part of a ticket's life after which it is renewed."},
    {"sasl.kerberos.ticket.renew.jitter", T::kDouble, "0.05", I::kLow, "", "Random part added to the renewal time."},
    {"sasl.kerberos.min.time.before.relogin", T::kLong, "60000", I::kLow, "", "Least time between two logins, in milliseconds."},
    {"sasl.login.refresh.window.factor", T::kDouble, "0.8", I::kLow, "0.5..1.0", "Part of a credential's life after which it is refreshed."},
    {"sasl.login.refresh.window.jitter", T::kDouble, "0.05", I::kLow, "0.0..0.25", "Random part of the refresh time."},
    {"sasl.login.refresh.min.period.seconds", T::kShort, "60", I::kLow, "0..900", "Least time between two refreshes of a credential."},
    {"sasl.login.refresh.buffer.seconds", T::kShort, "300", I::kLow, "0..3600", "Time before its end at which a credential must have been refreshed."},
    {"sasl.mechanism", T::kString, "GSSAPI", I::kMedium, "", "SASL mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or GSSAPI."},
    {"sasl.jaas.config", T::kPassword, nullptr, I::kMedium, "", "Login module and its options, in the format of JAAS configuration files."},
    {"sasl.client.callback.handler.class", T::kClass, nullptr, I::kMedium, "", "Callback handler class; has no meaning without a JVM."},
    {"sasl.login.callback.handler.class", T::kClass, nullptr, I::kMedium, "", "Login callback handler class; has no meaning without a JVM."},
    {"sasl.login.class", T::kClass, nullptr, I::kMedium, "", "Login class; has no meaning without a JVM."},
    {"sasl.login.connect.timeout.ms", T::kInt, nullptr, I::kLow, "", "Time to connect to the provider of tokens."},
    {"sasl.login.read.timeout.ms", T::kInt, nullptr, I::kLow, "", "Time to read from the provider of tokens."},
    {"sasl.login.retry.backoff.max.ms", T::kLong, "10000", I::kLow, "", "Longest wait between two login attempts."},
    {"sasl.login.retry.backoff.ms", T::kLong, "100", I::kLow, "", "First wait between two login attempts."},
    {"sasl.oauthbearer.jwt.retriever.class", T::kClass, "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", I::kMedium, "", "OAUTHBEARER: jwt retriever class."},
    {"sasl.oauthbearer.jwt.validator.class", T::kClass, "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", I::kMedium, "", "OAUTHBEARER: jwt validator class."},
    {"sasl.oauthbearer.scope", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: scope."},
    {"sasl.oauthbearer.client.credentials.client.id", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: client credentials client id."},
    {"sasl.oauthbearer.client.credentials.client.secret", T::kPassword, nullptr, I::kMedium, "", "OAUTHBEARER: client credentials client secret."},
    {"sasl.oauthbearer.assertion.algorithm", T::kString, "RS256", I::kMedium, "any case: ES256, RS256", "OAUTHBEARER: assertion algorithm."},
    {"sasl.oauthbearer.assertion.claim.aud", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: assertion claim aud."},
    {"sasl.oauthbearer.assertion.claim.exp.seconds", T::kInt, "300", I::kLow, "0..86400", "OAUTHBEARER: assertion claim exp seconds."},
    {"sasl.oauthbearer.assertion.claim.iss", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: assertion claim iss."},
    {"sasl.oauthbearer.assertion.claim.jti.include", T::kBoolean, "false", I::kMedium, "", "OAUTHBEARER: assertion claim jti include."},
    {"sasl.oauthbearer.assertion.claim.nbf.seconds", T::kInt, "60", I::kLow, "0..3600", "OAUTHBEARER: assertion claim nbf seconds."},
    {"sasl.oauthbearer.assertion.claim.sub", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: assertion claim sub."},
    {"sasl.oauthbearer.assertion.file", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: assertion file."},
    {"sasl.oauthbearer.assertion.private.key.file", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: assertion private key file."},
    {"sasl.oauthbearer.assertion.private.key.passphrase", T::kPassword, nullptr, I::kMedium, "", "OAUTHBEARER: assertion private key passphrase."},
    {"sasl.oauthbearer.assertion.template.file", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: assertion template file."},
    {"sasl.oauthbearer.scope.claim.name", T::kString, "scope", I::kLow, "", "OAUTHBEARER: scope claim name."},
    {"sasl.oauthbearer.sub.claim.name", T::kString, "sub", I::kLow, "", "OAUTHBEARER: sub claim name."},
    {"sasl.oauthbearer.token.endpoint.url", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: token endpoint url."},
    {"sasl.oauthbearer.jwks.endpoint.url", T::kString, nullptr, I::kMedium, "", "OAUTHBEARER: jwks endpoint url."},
    {"sasl.oauthbearer.jwks.endpoint.refresh.ms", T::kLong, "3600000", I::kLow, "", "OAUTHBEARER: jwks endpoint refresh ms."},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", T::kLong, "10000", I::kLow, "", "OAUTHBEARER: jwks endpoint retry backoff max ms."},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", T::kLong, "100", I::kLow, "", "OAUTHBEARER: jwks endpoint retry backoff ms."},
    {"sasl.oauthbearer.clock.skew.seconds", T::kInt, "30", I::kLow, "", "OAUTHBEARER: clock skew seconds."},
    {"sasl.oauthbearer.expected.audience", T::kList, nullptr, I::kLow, "", "OAUTHBEARER: expected audience."},
    {"sasl.oauthbearer.expected.issuer", T::kString, nullptr, I::kLow, "", "OAUTHBEARER: expected issuer."},
    {"sasl.oauthbearer.header.urlencode", T::kBoolean, "false", I::kLow, "", "OAUTHBEARER: header urlencode."},
};
// clang-format on

}  // namespace

std::span<const KeyRow> ssl_rows() { return kSsl; }
std::span<const KeyRow> sasl_rows() { return kSasl; }

}  // namespace millrace::runtime
