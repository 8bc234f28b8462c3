//! How a connection is encrypted, in the words of libpq, Prisma and the Node drivers.

use super::server::ServerKind;
use crate::crypto::Secret;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::path::PathBuf;

/// How a connection is encrypted and who the server must prove to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Tls {
    /// `None`: nobody said, and there is no certificate authority either.
    pub mode: Option<TlsMode>,
    /// A certificate authority to trust besides the public ones, which sqlx always trusts.
    pub ca: Option<Pem>,
    /// The client's certificate; never without `key`.
    pub certificate: Option<Pem>,
    /// The client's key; never without `certificate`.
    pub key: Option<Pem>,
}

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server insists.
    Allow,
    /// Encrypted if the server can.
    Prefer,
    /// Encrypted, whoever the server is.
    Require,
    /// Encrypted, and the certificate is the authority's.
    VerifyCa,
    /// Encrypted, and the certificate is the authority's, for this host.
    VerifyFull,
}

/// Certificates or a key, in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pem {
    /// In a file.
    File(PathBuf),
    /// As given.
    Inline(Secret),
}

impl Pem {
    fn read(text: &str) -> Pem {
        if text.contains("-----BEGIN") {
            // A variable of the environment often holds it in one line.
            let lines =
                if text.contains('\n') { text.to_owned() } else { text.replace("\\n", "\n") };
            Pem::Inline(Secret::from(lines))
        } else {
            Pem::File(PathBuf::from(text))
        }
    }
}

impl Tls {
    /// These settings, and where there is none, the other's.
    pub(super) fn or(self, other: Tls) -> Tls {
        Tls {
            mode: self.mode.or(other.mode),
            ca: self.ca.or(other.ca),
            certificate: self.certificate.or(other.certificate),
            key: self.key.or(other.key),
        }
    }

    /// Who names an authority wants the certificate to be its; libpq reads `require` so, too.
    pub(super) fn checked_by_ca(mut self) -> Tls {
        if self.ca.is_some() {
            self.mode = self.mode.or(Some(TlsMode::VerifyCa));
        }
        self
    }
}

/// What a URL's parameters say of encryption, until all of them are read.
#[derive(Default)]
pub(super) struct TlsParameters {
    mode: Option<TlsMode>,
    /// `ssl=true`.
    on: Option<bool>,
    /// Whether the certificate is checked.
    verify: Option<bool>,
    ca: Option<Pem>,
    certificate: Option<Pem>,
    key: Option<Pem>,
}

impl TlsParameters {
    /// Takes a parameter. `None`: it is not one of these. An error says what is expected.
    pub fn take(&mut self, name: &str, value: &str) -> Option<Result<(), &'static str>> {
        let pem = || Some(Pem::read(value)).filter(|_| !value.is_empty());
        match name {
            "sslmode" | "ssl-mode" | "ssl_mode" | "sslMode" => return Some(self.mode(value)),
            "ssl" => return Some(self.ssl(value)),
            "sslaccept" => match value {
                "strict" => self.verify = Some(true),
                "accept_invalid_certs" => self.verify = Some(false),
                _ => return Some(Err("strict or accept_invalid_certs")),
            },
            "sslrootcert" if value == "system" => self.verify = Some(true),
            "sslrootcert" | "ssl-root-cert" | "sslca" | "ssl-ca" | "ssl_ca" => self.ca = pem(),
            "sslcert" | "ssl-cert" | "ssl_cert" => self.certificate = pem(),
            "sslkey" | "ssl-key" | "ssl_key" => self.key = pem(),
            _ => return None,
        }
        Some(Ok(()))
    }

    fn mode(&mut self, value: &str) -> Result<(), &'static str> {
        let word = value.to_ascii_lowercase().replace('_', "-");
        self.mode = Some(match word.as_str() {
            "disable" | "disabled" => TlsMode::Disable,
            "allow" => TlsMode::Allow,
            "prefer" | "preferred" => TlsMode::Prefer,
            "require" | "required" => TlsMode::Require,
            "verify-ca" => TlsMode::VerifyCa,
            "verify-full" | "verify-identity" => TlsMode::VerifyFull,
            "no-verify" | "trust" => {
                self.verify = Some(false);
                TlsMode::Require
            }
            _ => {
                return Err("disable, allow, prefer, require, verify-ca, verify-full \
                     or, for MySQL, DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY");
            }
        });
        Ok(())
    }

    fn ssl(&mut self, value: &str) -> Result<(), &'static str> {
        let plain: String = value.split_whitespace().collect();
        let (on, verify) = match plain.as_str() {
            "true" | "1" => (true, None),
            "false" | "0" => (false, None),
            "no-verify" | "{\"rejectUnauthorized\":false}" => (true, Some(false)),
            "{}" | "{\"rejectUnauthorized\":true}" => (true, Some(true)),
            _ => return Err("true, false or {\"rejectUnauthorized\":true}"),
        };
        self.on = Some(on);
        self.verify = verify.or(self.verify);
        Ok(())
    }

    /// What the parameters mean together.
    pub fn read(mut self, kind: ServerKind) -> Tls {
        // Prisma's `sslcert` is the authority's; libpq's is the client's and needs a key.
        if self.key.is_none() && self.ca.is_none() {
            self.ca = self.certificate.take();
        }
        let mode = match (self.mode, self.on, self.verify) {
            (Some(TlsMode::Prefer | TlsMode::Require), _, Some(true)) => Some(TlsMode::VerifyFull),
            (Some(TlsMode::Require), _, None) if self.ca.is_some() => Some(TlsMode::VerifyCa),
            (Some(mode), _, _) => Some(mode),
            (None, Some(false), _) => Some(TlsMode::Disable),
            (None, Some(true), Some(false)) => Some(TlsMode::Require),
            (None, Some(true), _) | (None, None, Some(true)) => Some(TlsMode::VerifyFull),
            (None, None, Some(false)) => Some(match kind {
                ServerKind::Postgres => TlsMode::Prefer,
                ServerKind::MySql => TlsMode::Require,
            }),
            (None, None, None) => None,
        };
        Tls { mode, ca: self.ca, certificate: self.certificate, key: self.key }
    }
}

/// The option `ssl`, as Node's drivers take it.
#[derive(Debug, Clone)]
pub(super) struct Ssl(pub Tls);

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct SslObject {
    reject_unauthorized: bool,
    ca: Option<PemText>,
    cert: Option<PemText>,
    key: Option<PemText>,
}

impl Default for SslObject {
    fn default() -> Self {
        SslObject { reject_unauthorized: true, ca: None, cert: None, key: None }
    }
}

impl<'de> Deserialize<'de> for Ssl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl<'de> Visitor<'de> for Words {
            type Value = Tls;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or an object such as { rejectUnauthorized: true, ca }")
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tls, E> {
                let mode = if value { TlsMode::VerifyFull } else { TlsMode::Disable };
                Ok(Tls { mode: Some(mode), ..Tls::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Tls, A::Error> {
                let object = SslObject::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let mode =
                    if object.reject_unauthorized { TlsMode::VerifyFull } else { TlsMode::Require };
                let pem = |text: Option<PemText>| text.and_then(|PemText(pem)| pem);
                Ok(Tls {
                    mode: Some(mode),
                    ca: pem(object.ca),
                    certificate: pem(object.cert),
                    key: pem(object.key),
                })
            }
        }
        deserializer.deserialize_any(Words).map(Ssl)
    }
}

/// PEM, one text or several; nothing, if the text is empty.
struct PemText(Option<Pem>);

impl<'de> Deserialize<'de> for PemText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = String;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string in PEM, such as fs.readFileSync(path, \"utf8\") gives")
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<String, E> {
                Ok(value.to_owned())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<String, A::Error> {
                let mut all = Vec::new();
                while let Some(text) = texts.next_element::<String>()? {
                    all.push(text);
                }
                Ok(all.join("\n"))
            }
        }
        let text = deserializer.deserialize_any(Texts)?;
        Ok(PemText(Some(text.as_str()).filter(|text| !text.trim().is_empty()).map(Pem::read)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TlsMode::{Allow, Disable, Prefer, Require, VerifyCa, VerifyFull};

    fn read(kind: ServerKind, query: &str) -> Tls {
        let mut parameters = TlsParameters::default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            assert_eq!(parameters.take(name, value), Some(Ok(())), "{query}");
        }
        parameters.read(kind).checked_by_ca()
    }

    #[test]
    fn everybodys_words_for_encryption_are_understood() {
        for (query, mode) in [
            ("", None),
            ("sslmode=disable", Some(Disable)),
            ("sslmode=allow", Some(Allow)),
            ("sslmode=prefer", Some(Prefer)),
            ("sslmode=require", Some(Require)),
            ("sslmode=verify-ca", Some(VerifyCa)),
            ("sslmode=verify-full", Some(VerifyFull)),
            ("sslmode=no-verify", Some(Require)),
            ("sslmode=no-verify&sslrootcert=ca", Some(Require)),
            ("sslmode=require&sslrootcert=ca", Some(VerifyCa)),
            ("sslmode=prefer&sslrootcert=ca", Some(Prefer)),
            ("sslrootcert=ca", Some(VerifyCa)),
            ("sslrootcert=system", Some(VerifyFull)),
            ("sslmode=require&sslrootcert=system", Some(VerifyFull)),
            ("ssl-mode=DISABLED", Some(Disable)),
            ("ssl-mode=PREFERRED", Some(Prefer)),
            ("ssl_mode=REQUIRED", Some(Require)),
            ("ssl-mode=VERIFY_CA&ssl-ca=ca", Some(VerifyCa)),
            ("sslMode=VERIFY_IDENTITY", Some(VerifyFull)),
            ("ssl=true", Some(VerifyFull)),
            ("ssl=1&sslmode=require", Some(Require)),
            ("ssl=false", Some(Disable)),
            ("ssl=no-verify", Some(Require)),
            ("ssl={\"rejectUnauthorized\": true}", Some(VerifyFull)),
            ("ssl={\"rejectUnauthorized\":false}", Some(Require)),
            ("sslaccept=strict", Some(VerifyFull)),
            ("sslmode=require&sslaccept=strict", Some(VerifyFull)),
            ("sslmode=disable&sslaccept=strict", Some(Disable)),
            ("sslmode=require&sslaccept=accept_invalid_certs", Some(Require)),
        ] {
            for kind in [ServerKind::Postgres, ServerKind::MySql] {
                assert_eq!(read(kind, query).mode, mode, "{query}");
            }
        }
        let lax = "sslaccept=accept_invalid_certs";
        assert_eq!(read(ServerKind::Postgres, lax).mode, Some(Prefer));
        assert_eq!(read(ServerKind::MySql, lax).mode, Some(Require));
    }

    #[test]
    fn a_certificate_without_a_key_is_the_authoritys() {
        let file = |name: &str| Some(Pem::File(PathBuf::from(name)));
        let prisma = read(ServerKind::MySql, "sslcert=ca&sslaccept=strict");
        assert_eq!((prisma.ca, prisma.certificate), (file("ca"), None));
        let libpq = read(ServerKind::Postgres, "sslcert=c&sslkey=k&sslrootcert=ca");
        assert_eq!((libpq.ca, libpq.certificate, libpq.key), (file("ca"), file("c"), file("k")));
        let libpq = read(ServerKind::Postgres, "sslcert=c&sslkey=k");
        assert_eq!((libpq.ca, libpq.certificate), (None, file("c")));
    }

    #[test]
    fn other_parameters_are_left_alone() {
        let mut parameters = TlsParameters::default();
        assert_eq!(parameters.take("schema", "public"), None);
        assert!(matches!(parameters.take("sslmode", "foo"), Some(Err(_))));
    }
}
