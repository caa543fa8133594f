//! The texts of mails. A token stands in the fragment of a link, which no
//! server on the way gets to see; no link is ever made from a request.

use std::time::Duration;

use auth_domain::identity::{OneTimeToken, TokenPurpose};
use auth_domain::mail::Mail;
use auth_domain::text::PersonName;
use auth_domain::users::EmailAddress;

/// Where links of mails lead; `None`: the mail carries the token and the call
/// to make.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailLinks {
    /// The page that takes a reset token, without fragment.
    pub reset: Option<String>,
    /// The page that takes a verification token, without fragment.
    pub verify: Option<String>,
}

/// A mail with a one-time token in it. `name` greets a person whose address is
/// verified; without it the mail holds no text that a user chose.
pub(super) fn with_token(
    purpose: TokenPurpose,
    to: EmailAddress,
    name: Option<&PersonName>,
    token: &OneTimeToken,
    life: Duration,
    links: &MailLinks,
) -> Mail {
    let (subject, purpose_text, link, call, often) = match purpose {
        TokenPurpose::PasswordReset => (
            "Reset your password",
            "somebody asked to reset the password of your account",
            &links.reset,
            "POST /api/v1/auth/password/reset with this token as `token`, and `new_password`",
            "once, ",
        ),
        TokenPurpose::EmailVerification => (
            "Verify your e-mail address",
            "please confirm that this e-mail address is yours",
            &links.verify,
            "POST /api/v1/auth/email/verify with this token as `token`",
            "",
        ),
    };
    let what_to_do = match link {
        Some(link) => format!("{link}#token={}", token.expose()),
        None => format!("{}\n\n{call}", token.expose()),
    };
    let greeting = name.map_or_else(
        || "Hello".to_owned(),
        |name| format!("Hello {}", name.as_str()),
    );
    let minutes = life.as_secs().div_ceil(60);
    let closing = format!(
        "It can be used {often}within {minutes} minutes. If this was not you, ignore this mail: \
         nothing has changed."
    );
    let text = format!("{greeting},\n\n{purpose_text}:\n\n{what_to_do}\n\n{closing}\n");
    let shown = match link {
        Some(_) => {
            let link = escaped(&what_to_do);
            format!("<p><a href=\"{link}\">{link}</a></p>")
        }
        None => format!("<pre>{}</pre>", escaped(&what_to_do)),
    };
    let html = format!(
        "<p>{},</p><p>{purpose_text}:</p>{shown}<p>{closing}</p>",
        escaped(&greeting)
    );
    Mail {
        to,
        subject: subject.to_owned(),
        text,
        html: page(&html),
    }
}

/// The notice to the address that an account had.
pub(super) fn address_changed(old: EmailAddress) -> Mail {
    const TEXT: &str = "The account that had this e-mail address has another one now, and links \
        that were mailed here do not work any more. If you did not want that, tell the \
        administrator of your organization.";
    Mail {
        to: old,
        subject: "Your e-mail address was changed".to_owned(),
        text: format!("Hello,\n\n{TEXT}\n"),
        html: page(&format!("<p>Hello,</p><p>{TEXT}</p>")),
    }
}

/// The notice that the password of an account was set.
pub(super) fn password_changed(to: EmailAddress) -> Mail {
    const TEXT: &str = "The password of your account was changed, and its other sessions were \
        ended. If that was not you, reset your password now and tell the administrator of your \
        organization.";
    Mail {
        to,
        subject: "Your password was changed".to_owned(),
        text: format!("Hello,\n\n{TEXT}\n"),
        html: page(&format!("<p>Hello,</p><p>{TEXT}</p>")),
    }
}

fn page(body: &str) -> String {
    format!("<!DOCTYPE html><html lang=\"en\"><body>{body}</body></html>\n")
}

/// Text inside HTML, in an attribute too.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(name: &str, links: &MailLinks) -> Mail {
        mail_to(Some(&PersonName::parse(name).unwrap()), links)
    }

    fn mail_to(name: Option<&PersonName>, links: &MailLinks) -> Mail {
        with_token(
            TokenPurpose::PasswordReset,
            EmailAddress::parse("ana@example.com").unwrap(),
            name,
            &OneTimeToken::new("t0ken".to_owned()),
            Duration::from_hours(1),
            links,
        )
    }

    #[test]
    fn a_link_carries_the_token_in_its_fragment() {
        let links = MailLinks {
            reset: Some("https://app.example.com/reset".to_owned()),
            verify: None,
        };
        let mail = mail("Ana", &links);
        let link = "https://app.example.com/reset#token=t0ken";
        assert!(mail.text.contains(link) && mail.html.contains(link));
        assert!(mail.text.contains("within 60 minutes"));
    }

    #[test]
    fn without_a_page_the_mail_says_which_call_to_make() {
        let mail = mail("Ana", &MailLinks::default());
        assert!(mail.text.contains("t0ken\n"));
        assert!(mail.text.contains("/api/v1/auth/password/reset"));
    }

    #[test]
    fn a_verification_says_what_it_is_for_and_which_call_to_make() {
        let mail = with_token(
            TokenPurpose::EmailVerification,
            EmailAddress::parse("ana@example.com").unwrap(),
            Some(&PersonName::parse("Ana").unwrap()),
            &OneTimeToken::new("t0ken".to_owned()),
            Duration::from_secs(61),
            &MailLinks::default(),
        );
        assert!(mail.text.contains("/api/v1/auth/email/verify"));
        assert!(mail.text.contains("confirm that this e-mail address"));
        assert!(mail.text.contains("within 2 minutes"));
        assert!(mail.html.contains("<pre>t0ken"));
    }

    #[test]
    fn the_notice_goes_to_the_old_address_and_names_no_new_one() {
        let old = EmailAddress::parse("old@example.com").unwrap();
        let mail = address_changed(old.clone());
        assert_eq!(mail.to, old);
        assert!(!mail.text.contains('@') && !mail.html.contains('@'));
    }

    #[test]
    fn a_person_is_greeted_by_name_where_there_is_one() {
        let named = mail("Ana", &MailLinks::default());
        assert!(named.text.starts_with("Hello Ana,\n"));
        assert!(named.html.contains("<p>Hello Ana,</p>"));
        let unnamed = mail_to(None, &MailLinks::default());
        assert!(unnamed.text.starts_with("Hello,\n"));
        assert!(unnamed.html.contains("<p>Hello,</p>"));
    }

    #[test]
    fn a_name_is_text_in_html() {
        let mail = mail("<b>\"A&B\"'s</b>", &MailLinks::default());
        assert!(!mail.html.contains("<b>"));
        assert!(mail.html.contains("&lt;b&gt;&quot;A&amp;B&quot;&#39;s"));
    }
}
