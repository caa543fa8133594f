//! The kinds of settings: what text each takes, and what value it becomes.
//!
//! A kind is generic over the field, so that `url` serves an `Url` as well as
//! an `Option<Url>`, which is `None` without a text.

use std::fs;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

use email_address::EmailAddress;
use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use crate::dotenv::without_bom;
use crate::setting::{Form, Secrecy, Setting};

/// Any text.
pub(crate) const fn text<T: From<String> + Default>() -> Setting<T> {
    Setting::new(Form::Text("text"), |text, _| Ok(T::from(text.to_owned())))
}

/// One name (`StringOrURI` of RFC 7519): no list of several.
pub(crate) const fn one_name() -> Setting<Option<String>> {
    let form = Form::Text("one name without spaces and commas");
    Setting::new(form, |text, form| {
        let several = |c: char| c == ',' || c.is_whitespace() || c.is_control();
        if text.contains(several) {
            return Err(form.refuse(text));
        }
        Ok(Some(text.to_owned()))
    })
}

/// A virtual host of RabbitMQ: a short string of AMQP 0-9-1.
pub(crate) const fn virtual_host() -> Setting<String> {
    let form = Form::Text("text of at most 255 bytes");
    Setting::new(form, |text, form| {
        if text.len() > 255 {
            return Err(form.refuse(text));
        }
        Ok(text.to_owned())
    })
}

/// Names of headers separated by commas (RFC 9110, section 5.1).
pub(crate) const fn header_names() -> Setting<Vec<String>> {
    let form = Form::Text("names of headers, separated by commas");
    Setting::new(form, |text, form| {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let header = |item: &str| {
            let known = item != "*" && item.chars().all(token);
            known
                .then(|| item.to_owned())
                .ok_or_else(|| form.refuse(item))
        };
        items(text).map(header).collect()
    })
}

/// A text of which `V` knows the meaning; `what` says what it can be.
pub(crate) const fn parsed<V: FromStr, T: From<V> + Default>(what: &'static str) -> Setting<T> {
    Setting::new(Form::Text(what), |text, form| {
        let value = V::from_str(text.trim()).or(Err(form.refuse(text)))?;
        Ok(T::from(value))
    })
}

/// A whole number. The bounds must fit into `T`.
pub(crate) const fn number<T: TryFrom<u64> + Default>(least: u64, most: u64) -> Setting<T> {
    Setting::new(Form::Number { least, most }, |text, form| {
        T::try_from(whole(text, form)?).or(Err(form.refuse(text)))
    })
}

/// A time in minutes.
pub(crate) const fn minutes(least: u64, most: u64) -> Setting<Duration> {
    Setting::new(Form::Number { least, most }, |text, form| {
        Ok(Duration::from_mins(whole(text, form)?))
    })
}

/// A time in seconds.
pub(crate) const fn seconds(least: u64, most: u64) -> Setting<Duration> {
    Setting::new(Form::Number { least, most }, |text, form| {
        Ok(Duration::from_secs(whole(text, form)?))
    })
}

/// A time in milliseconds.
pub(crate) const fn milliseconds(least: u64, most: u64) -> Setting<Duration> {
    Setting::new(Form::Number { least, most }, |text, form| {
        Ok(Duration::from_millis(whole(text, form)?))
    })
}

/// A time in milliseconds; 0: none.
pub(crate) const fn milliseconds_or_none(most: u64) -> Setting<Option<Duration>> {
    Setting::new(Form::Number { least: 0, most }, |text, form| {
        let milliseconds = whole(text, form)?;
        Ok((milliseconds > 0).then(|| Duration::from_millis(milliseconds)))
    })
}

fn whole(text: &str, form: &Form) -> Result<u64, String> {
    let number: u64 = text.trim().parse().or(Err(form.refuse(text)))?;
    match form {
        Form::Number { least, most } if !(least..=most).contains(&&number) => {
            Err(form.refuse(text))
        }
        Form::Number { .. } | Form::Text(_) => Ok(number),
    }
}

/// A host name or an IP address, as a resolver takes it.
pub(crate) const fn host() -> Setting<String> {
    let form = Form::Text("an IP address or a host name");
    Setting::new(form, |text, form| match text {
        text if is_host(text) => Ok(text.to_owned()),
        text if text.starts_with('[') => Err(format!("{} (without brackets)", form.refuse(text))),
        text => Err(form.refuse(text)),
    })
}

/// A host as [`host`], or the directory of a Unix socket.
pub(crate) const fn host_or_socket() -> Setting<String> {
    let what = "an IP address, a host name, or the directory of a Unix socket";
    let form = Form::Text(what);
    Setting::new(form, |text, form| {
        let known = is_host(text) || text.starts_with('/');
        known
            .then(|| text.to_owned())
            .ok_or_else(|| form.refuse(text))
    })
}

/// An address, or a name of letters, digits, `-` and `_` between dots whose
/// last part is no number: that would be a mistyped address.
fn is_host(text: &str) -> bool {
    let zoned = text.split_once('%');
    let zoned = zoned.is_some_and(|(address, _zone)| address.parse::<Ipv6Addr>().is_ok());
    if zoned || text.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut labels = name.split('.');
    let well_formed = labels.all(|label| !label.is_empty() && label.chars().all(known));
    let last = name.rsplit('.').next().unwrap_or_default();
    well_formed && name.len() <= 253 && !last.chars().all(|c| c.is_ascii_digit())
}

/// An absolute http or https URL.
pub(crate) const fn web_url() -> Setting<Option<Url>> {
    let form = Form::Text("an absolute http or https URL");
    Setting::new(form, |text, form| {
        let url = web(text).ok_or_else(|| form.refuse(text))?;
        Ok(Some(url))
    })
}

/// A page whose fragment is still free.
pub(crate) const fn page_url() -> Setting<Option<Url>> {
    let what = "an absolute http or https URL without a fragment";
    let form = Form::Text(what);
    Setting::new(form, |text, form| {
        let page = web(text).filter(|url| url.fragment().is_none());
        page.map(Some).ok_or_else(|| form.refuse(text))
    })
}

fn web(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Origins (RFC 6454) separated by commas, as browsers write them.
pub(crate) const fn origins() -> Setting<Vec<String>> {
    let what = "origins such as https://app.example.com, separated by commas";
    let form = Form::Text(what);
    Setting::new(form, |text, form| {
        let origin = |item| origin(item).ok_or_else(|| form.refuse(item));
        items(text).map(origin).collect()
    })
}

fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.has_host() || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let origin = url.origin();
    // Of a scheme that is not the web's, such as that of an app, only its
    // client knows the form.
    Some(if origin.is_tuple() {
        origin.ascii_serialization()
    } else {
        text.trim_end_matches('/').to_owned()
    })
}

/// Networks separated by commas; an address is the network of just itself.
/// Together they must not be every address: then any client could say that it
/// is any other.
pub(crate) const fn networks() -> Setting<Vec<IpNet>> {
    let what = "networks such as 10.0.0.0/8, separated by commas";
    let form = Form::Text(what);
    Setting::new(form, |text, form| {
        let network = |item| network(item).ok_or_else(|| form.refuse(item));
        let networks = items(text).map(network).collect::<Result<Vec<_>, _>>()?;
        let all = IpNet::aggregate(&networks);
        if all.iter().any(|network| network.prefix_len() == 0) {
            return Err(format!("must not be every address, and is {text:?}"));
        }
        Ok(networks)
    })
}

fn network(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse().ok().or_else(address)
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// An address of mail, alone or with a name.
pub(crate) const fn mailbox() -> Setting<String> {
    let what = "an address, alone or as `Name <address>`";
    let form = Form::Text(what);
    Setting::new(form, |text, form| {
        let one_line = !text.chars().any(char::is_control);
        let known = one_line && EmailAddress::from_str(text).is_ok();
        known
            .then(|| text.to_owned())
            .ok_or_else(|| form.refuse(text))
    })
}

/// A secret that clients present, or that signs. `rules` judges it.
pub(crate) const fn secret() -> Setting<Option<SecretString>> {
    let form = Form::Text("at least 32 random bytes");
    Setting::new(form, |text, _| Ok(Some(text.into()))).secrecy(Secrecy::SharedSecret)
}

/// The password of an account on another server.
pub(crate) const fn password<T: From<SecretString> + Default>() -> Setting<T> {
    let form = Form::Text("text");
    Setting::new(form, |text, _| Ok(T::from(text.into()))).secrecy(Secrecy::Password)
}

/// A private key in PEM (RFC 7468). Line ends may be written as `\n`, for
/// places that keep a variable on one line.
pub(crate) const fn private_key() -> Setting<Option<SecretString>> {
    let form = Form::Text("a private key in PEM (PKCS#8, not encrypted)");
    let setting = Setting::new(form, |text, form| {
        let pem = pem_lines(text);
        if pem.contains("-----BEGIN PRIVATE KEY-----") {
            return Ok(Some(pem.into()));
        }
        let example = "`openssl genpkey -algorithm ed25519`";
        Err(format!(
            "is not {form}: make one, for example with {example}"
        ))
    });
    setting.secrecy(Secrecy::PrivateKey)
}

/// A file of public keys in PEM; the value is its text.
pub(crate) const fn public_keys_file() -> Setting<String> {
    let form = Form::Text("the path of a file with public keys in PEM");
    Setting::new(form, |path, _| {
        let text = fs::read_to_string(path);
        let text = text.map_err(|error| format!("{path} cannot be read: {error}"))?;
        let pem = pem_lines(without_bom(&text));
        if pem.contains("-----BEGIN PUBLIC KEY-----") {
            return Ok(pem);
        }
        Err(format!("{path} holds no public key in PEM"))
    })
}

/// PEM has no backslash of its own.
fn pem_lines(text: &str) -> String {
    text.replace("\\r", "").replace("\\n", "\n")
}
