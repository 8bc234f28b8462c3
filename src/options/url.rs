//! A server's URL, read leniently: people paste passwords as they are.

use crate::crypto::Secret;
use std::net::Ipv6Addr;

/// The pieces of a URL, percent-decoded. It has no `Debug`: any of it may be a misplaced password.
#[derive(Default)]
pub(super) struct Url {
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// Without the brackets of an IPv6 address; a path, if it starts with a slash.
    pub host: Option<String>,
    pub port: Option<u16>,
    /// Where else it may be, as libpq has it: hosts and ports after the first, separated by commas.
    pub others: Vec<(String, Option<u16>)>,
    pub database: Option<String>,
    /// Names are of letters, digits and `_ - . [ ]`, so that they can be shown.
    pub parameters: Vec<(String, String)>,
}

impl Url {
    /// Reads what follows `scheme://`.
    ///
    /// A password may hold any character unencoded, `@ : / ? # %` included, as long as one reading
    /// makes sense. The host follows the last `@` that a `/` follows, else the one that the
    /// standard says, else the next that gives a host and parameters.
    pub fn read(rest: &str) -> Option<Url> {
        let query = rest.find('?').unwrap_or(rest.len());
        let before = rest.get(..query)?;
        let last = before.rfind('@');
        let with_path = last.filter(|at| before.get(*at..).is_some_and(|tail| tail.contains('/')));
        let authority = before.split('/').next()?;
        // An `@` in the path alone is no part of a database's name, but the end of a password.
        let standard = Some(authority.rfind('@')).filter(|at| at.is_some() == last.is_some());
        let later = rest.match_indices('@').map(|(at, _)| at).filter(|at| *at > query);
        with_path
            .map(Some)
            .into_iter()
            .chain(standard)
            .chain(last.map(Some))
            .chain(later.map(Some))
            .find_map(|at| split(rest, at))
    }
}

/// Reads a URL whose user and password end with the `@` at this place.
fn split(rest: &str, at: Option<usize>) -> Option<Url> {
    let (login, tail) = match at {
        Some(at) => (rest.get(..at)?, rest.get(at + 1..)?),
        None => ("", rest),
    };
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (place, query) = tail.split_once('?').unwrap_or((tail, ""));
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    let mut places = authority.split(',').map(host_and_port);
    let (host, port) = places.next()??;
    let others = places.map(|place| place.and_then(|(host, port)| Some((host?, port))));
    let others: Vec<_> = others.collect::<Option<_>>()?;
    if host.is_none() && !others.is_empty() {
        return None;
    }
    Some(Url {
        user: some(percent_decode(user)?),
        password: some(percent_decode(password)?).map(Secret::from),
        host,
        port,
        others,
        database: some(percent_decode(path)?),
        parameters: parameters(query)?,
    })
}

fn host_and_port(authority: &str) -> Option<(Option<String>, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, ""),
    };
    let port = match port {
        "" => None,
        // `parse` would take a sign.
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port > 0)?)
        }
        _ => return None,
    };
    let bracketed = host.starts_with('[');
    match some(percent_decode(host)?) {
        None => Some((None, port)),
        Some(host) if !host.starts_with('/') && host.contains(':') != bracketed => None,
        Some(host) => Some((Some(readable_host(&host)?), port)),
    }
}

/// A host's name, address or directory of sockets, without brackets; `None` if it can be none.
pub(super) fn readable_host(host: &str) -> Option<String> {
    if host.starts_with('/') {
        return Some(host.to_owned());
    }
    let unbracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(address) = unbracketed.or_else(|| host.contains(':').then_some(host)) {
        let (address, zone) = address.split_once('%').unwrap_or((address, ""));
        address.parse::<Ipv6Addr>().ok()?;
        return Some(if zone.is_empty() {
            address.to_owned()
        } else {
            format!("{address}%{zone}")
        });
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    (!host.is_empty() && host.chars().all(plain)).then(|| host.to_owned())
}

fn parameters(query: &str) -> Option<Vec<(String, String)>> {
    query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-.[]".contains(c);
            let value = percent_decode(value)?;
            name.chars()
                .all(plain)
                .then(|| (name.to_owned(), value))
                .filter(|(name, _)| !name.is_empty())
        })
        .collect()
}

pub(super) fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// Decodes `%41`. A `%` that no two hexadecimal digits follow stays as it is: file names and
/// passwords have them. `None`: it is not UTF-8, or has a NUL, which no database takes.
pub(super) fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let decoded = match (first, tail) {
            (b'%', [high, low, ..]) => char::from(*high)
                .to_digit(16)
                .zip(char::from(*low).to_digit(16))
                .and_then(|(high, low)| u8::try_from(high * 16 + low).ok()),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(first));
        rest = if decoded.is_some() { tail.get(2..)? } else { tail };
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// User, password, host, port and database, `-` for none.
    fn pieces(rest: &str) -> String {
        let Some(url) = Url::read(rest) else {
            return "unreadable".to_owned();
        };
        let or_none = |text: Option<&str>| text.unwrap_or("-").to_owned();
        [
            or_none(url.user.as_deref()),
            or_none(url.password.as_ref().map(Secret::expose)),
            or_none(url.host.as_deref()),
            url.port.map_or("-".to_owned(), |port| port.to_string()),
            or_none(url.database.as_deref()),
        ]
        .join(" ")
    }

    #[test]
    fn a_standard_url_is_read_as_the_standard_says() {
        for (rest, expected) in [
            ("app:pw@db:5433/auth", "app pw db 5433 auth"),
            ("app@db/auth", "app - db - auth"),
            ("app:@db/auth", "app - db - auth"),
            ("db", "- - db - -"),
            ("db:5433", "- - db 5433 -"),
            ("db:/auth", "- - db - auth"),
            ("", "- - - - -"),
            ("/auth", "- - - - auth"),
            ("app@/auth", "app - - - auth"),
            ("a%40b:p%40s%3As%2Fw%3Fo%23r%25d@db/my%20db", "a@b p@s:s/w?o#r%d db - my db"),
            ("app:pw@[::1]:5433/auth", "app pw ::1 5433 auth"),
            ("[2001:db8::1]", "- - 2001:db8::1 - -"),
            ("[fe80::1%25eth0]/auth", "- - fe80::1%eth0 - auth"),
            ("app@%2Fvar%2Frun%2Fpostgresql:5433/auth", "app - /var/run/postgresql 5433 auth"),
            ("app@%2Fcloudsql%2Fa%3Ab%3Ac/auth", "app - /cloudsql/a:b:c - auth"),
            ("app:%C3%BC%E6%BC%A2@db/auth", "app ü漢 db - auth"),
            ("app:pw@my_service-1.local/auth", "app pw my_service-1.local - auth"),
        ] {
            assert_eq!(pieces(rest), expected, "{rest}");
        }
    }

    #[test]
    fn a_password_may_hold_anything_unencoded() {
        for (rest, expected) in [
            ("app:p@ss:w/ord%@db:5433/auth", "app p@ss:w/ord% db 5433 auth"),
            ("app:ab/cd+e==@db/auth", "app ab/cd+e== db - auth"),
            ("app:12/34@db/auth", "app 12/34 db - auth"),
            ("app:12/34@db", "app 12/34 db - -"),
            ("app:p@ss/w@db/auth", "app p@ss/w db - auth"),
            ("app:p#ss@db/auth", "app p#ss db - auth"),
            ("app:p?ss@db/auth", "app p?ss db - auth"),
            ("app:p@x?s@s@db/auth?a=b@c", "app p@x?s@s db - auth"),
            ("app:100%@db/auth", "app 100% db - auth"),
            ("app@tenant:pw@db/auth", "app@tenant pw db - auth"),
            ("app:pw@db/auth?user=x@y", "app pw db - auth"),
            ("db/auth?user=x@y", "- - db - auth"),
        ] {
            assert_eq!(pieces(rest), expected, "{rest}");
        }
    }

    #[test]
    fn what_is_no_url_is_unreadable() {
        for rest in [
            "app:pw@db:port/auth",
            "app:pw@db:0/auth",
            "app:pw@db:+5/auth",
            "app:pw@db:65536/auth",
            "app:pw@one:5432,/auth",
            "app:pw@,two/auth",
            "app:pw@one,two:x/auth",
            "app:pw@d b/auth",
            "app:pw@::1/auth",
            "app:pw@[db]/auth",
            "app:%00@db/auth",
            "app:%FF@db/auth",
            "db/auth?pass word=1",
            "db/auth?=1",
        ] {
            assert_eq!(pieces(rest), "unreadable", "{rest}");
        }
    }

    #[test]
    fn several_hosts_are_separated_by_commas() {
        let url = Url::read("app:p,w@one:1,two,[::1]:3/auth").unwrap();
        assert_eq!((url.host.as_deref(), url.port), (Some("one"), Some(1)));
        assert_eq!(url.others, [("two".to_owned(), None), ("::1".to_owned(), Some(3))]);
        assert_eq!(url.password.unwrap().expose(), "p,w");
    }

    #[test]
    fn parameters_are_decoded() {
        let url = Url::read("db/auth?a=1&&b=%2Ftmp%20x&c&d=x=y").unwrap();
        let parameters: Vec<_> =
            url.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(parameters, [("a", "1"), ("b", "/tmp x"), ("c", ""), ("d", "x=y")]);
    }
}
