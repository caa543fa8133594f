//! Small values that every context carries.

use std::net::IpAddr;

use auth_domain::caller::{Actor, ActorKind, Caller, Credential, Origin};
use auth_domain::error::PortError;
use auth_domain::events::{Aggregate, AggregateKind};
use auth_domain::facts::Facts;
use auth_domain::ids::SessionId;
use auth_domain::organizations::{OrganizationKind, SignUpPolicy};
use auth_domain::page::{MAX_PAGE, Page, PageRefused, PageRequest, RoleKey};
use auth_domain::rbac::PolicyRevision;
use auth_domain::text::TextError;
use auth_domain::users::{EmailAddress, UserKey, UserOrder};

use crate::support::{account, at, organization, organization_id, role_id, user, user_id};

fn origin() -> Origin {
    Origin {
        request_id: Some("request".to_owned()),
        ip: Some(IpAddr::from([192, 0, 2, 1])),
        user_agent: None,
    }
}

fn caller() -> Caller {
    Caller {
        account: account(),
        credential: Credential::Session(SessionId::new(9).unwrap()),
        origin: origin(),
    }
}

#[test]
fn a_caller_is_the_user_of_a_session_in_its_organization() {
    let mut caller = caller();
    assert_eq!(caller.user_id(), user_id(1));
    assert_eq!(caller.organization_id(), organization_id(1));
    assert_eq!(caller.session(), SessionId::new(9).ok());
    assert!(!caller.is_of_root());
    caller.account.organization_kind = OrganizationKind::Root;
    assert!(caller.is_of_root());
}

#[test]
fn an_actor_says_who_acted_from_where_and_for_which_request() {
    let by = |kind, name: Option<&str>, user| Actor {
        kind,
        name: name.map(str::to_owned),
        user,
        ip: origin().ip,
        request_id: origin().request_id,
    };
    let user = Some((organization_id(1), user_id(1)));
    assert_eq!(Actor::from(&caller()), by(ActorKind::User, None, user));
    assert_eq!(
        Actor::anonymous(&origin()),
        by(ActorKind::Anonymous, None, None)
    );
    assert_eq!(
        Actor::service(&origin()),
        by(ActorKind::Service, None, None)
    );
    assert_eq!(
        Actor::bootstrap(&origin()),
        by(ActorKind::Bootstrap, None, None)
    );
    let job = Actor::system("mail");
    let of_job = Actor {
        ip: None,
        request_id: None,
        ..by(ActorKind::System, Some("mail"), None)
    };
    assert_eq!(job, of_job);
    let traced = job.clone().for_request(Some("other".to_owned()));
    assert_eq!(traced.request_id.as_deref(), Some("other"));
    assert_eq!(traced.for_request(None), job);
    let actor = Actor::from(&caller());
    assert_eq!(actor.user_id(), Some(user_id(1)));
    assert_eq!(actor.organization_id(), Some(organization_id(1)));
    assert_eq!((job.user_id(), job.organization_id()), (None, None));
}

#[test]
fn a_page_has_1_to_500_rows_and_starts_after_a_key_of_its_order() {
    let page = |limit, after| PageRequest::<UserKey>::new(UserOrder::Id, limit, after);
    for refused in [0, 501] {
        assert_eq!(page(Some(refused), None), Err(PageRefused::Limit));
    }
    let key = UserKey::Id(user_id(7));
    let whole = page(None, None).unwrap();
    assert_eq!((whole.limit(), whole.after()), (MAX_PAGE, None));
    assert_eq!(whole, PageRequest::first());
    let small = page(Some(1), Some(key.clone())).unwrap();
    assert_eq!((small.limit(), small.fetch_limit()), (1, 2));
    assert_eq!(small.after(), Some(&key));
    assert_eq!(whole.clone().at_most(0).limit(), 1);
    assert_eq!(whole.clone().at_most(9).limit(), 9);
    assert_eq!(whole.clone().at_most(501).limit(), MAX_PAGE);
    assert_eq!(whole.starting_after(key.clone()).after(), Some(&key));
    let role = PageRequest::new(auth_domain::page::ById::Id, None, Some(RoleKey(role_id(1))));
    assert!(role.is_ok(), "a list of one order takes each of its keys");
}

#[test]
fn a_key_fits_the_order_it_is_made_of() {
    let keys = [
        UserKey::Id(user_id(7)),
        UserKey::CreatedAt(at(0), user_id(7)),
        UserKey::Username("ana".to_owned(), user_id(7)),
    ];
    for (order, own) in [
        (UserOrder::Id, 0),
        (UserOrder::Oldest, 1),
        (UserOrder::Newest, 1),
        (UserOrder::Username, 2),
        (UserOrder::UsernameBackwards, 2),
    ] {
        for (index, key) in keys.iter().enumerate() {
            let page = PageRequest::new(order, None, Some(key.clone()));
            let expected = if index == own {
                None
            } else {
                Some(PageRefused::Key)
            };
            assert_eq!(page.err(), expected, "{order} {key:?}");
        }
    }
}

#[test]
fn a_page_is_cut_and_names_the_next_one_if_there_is_more() {
    let request = PageRequest::<RoleKey>::first().at_most(2);
    let cut = |rows: Vec<i64>| Page::cut(rows, &request, |row| RoleKey(role_id(*row)));
    let page = |items: &[i64], next: Option<i64>| Page {
        items: items.to_vec(),
        next: next.map(|row| RoleKey(role_id(row))),
    };
    assert_eq!(cut(vec![]), page(&[], None));
    assert_eq!(cut(vec![3, 4]), page(&[3, 4], None));
    assert_eq!(cut(vec![3, 4, 5]), page(&[3, 4], Some(4)));
}

#[test]
fn an_empty_list_of_domains_admits_any_address() {
    let domain = |text: &str| EmailAddress::parse(text).unwrap().domain();
    let mut policy = SignUpPolicy::default();
    assert!(policy.admits(&domain("ana@example.com")));
    policy.allowed_email_domains = vec![domain("x@example.com"), domain("x@example.org")];
    assert!(policy.admits(&domain("ana@EXAMPLE.org")));
    assert!(!policy.admits(&domain("ana@sub.example.com")));
}

#[test]
fn root_org_is_known_by_its_kind() {
    assert!(organization(1, OrganizationKind::Root).is_root());
    assert!(!organization(1, OrganizationKind::Tenant).is_root());
}

#[test]
fn the_oldest_role_is_the_primary_one() {
    assert_eq!(user(&[7, 3], &[]).user.role_id(), Some(role_id(7)));
    assert_eq!(user(&[], &[]).user.role_id(), None);
}

#[test]
fn only_a_lost_race_is_run_again() {
    let lost = || Box::new(std::fmt::Error);
    assert!(PortError::Retryable(lost()).is_retryable());
    for other in [
        PortError::Stale,
        PortError::Unavailable(lost()),
        PortError::Backend(lost()),
    ] {
        assert!(!other.is_retryable(), "{other}");
    }
}

#[test]
fn an_aggregate_names_its_table_and_itself() {
    let tables = ["organizations", "users", "roles", "permissions", "sessions"];
    let kinds = [
        AggregateKind::Organization,
        AggregateKind::User,
        AggregateKind::Role,
        AggregateKind::Permission,
        AggregateKind::Session,
    ];
    assert_eq!(kinds.map(AggregateKind::table), tables);
    assert_eq!(Aggregate::from(user_id(7)).to_string(), "user:7");
}

#[test]
fn facts_know_whether_there_are_any() {
    assert!(Facts::new().is_empty());
    assert!(!Facts::new().with("a", true).is_empty());
}

#[test]
fn a_revision_is_shown_as_its_number() {
    assert_eq!(PolicyRevision::new(42).to_string(), "42");
}

#[test]
fn each_rule_of_text_has_its_word_on_the_wire() {
    for (error, word) in [
        (TextError::TooShort { min: 1 }, "string_too_short"),
        (TextError::TooLong { max: 1 }, "string_too_long"),
        (TextError::ControlCharacter, "value_error"),
        (TextError::Malformed("odd"), "value_error"),
    ] {
        assert_eq!(error.kind(), word);
    }
}
