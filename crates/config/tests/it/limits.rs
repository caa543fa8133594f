//! How often something may happen.

use auth_config::Limits;

use crate::load;

const DEFAULTS: Limits = Limits {
    login_pair: 10,
    login_account: 100,
    login_address: 100,
    registration: 100,
    forgotten_password: 100,
    password_reset: 5,
    wrong_token: 20,
    rotation: 60,
    wrong_secret: 20,
    sign_in: 300,
    verification_mail: 5,
    wrong_refresh_token: 60,
    address_change: 10,
    taken_name: 30,
};

const NAMES: [&str; 14] = [
    "LOGIN_PAIR",
    "LOGIN_ACCOUNT",
    "LOGIN_ADDRESS",
    "REGISTRATION",
    "FORGOTTEN_PASSWORD",
    "PASSWORD_RESET",
    "WRONG_TOKEN",
    "ROTATION",
    "WRONG_SECRET",
    "SIGN_IN",
    "VERIFICATION_MAIL",
    "WRONG_REFRESH_TOKEN",
    "ADDRESS_CHANGE",
    "TAKEN_NAME",
];

fn all(limits: &Limits) -> [u32; 14] {
    [
        limits.login_pair,
        limits.login_account,
        limits.login_address,
        limits.registration,
        limits.forgotten_password,
        limits.password_reset,
        limits.wrong_token,
        limits.rotation,
        limits.wrong_secret,
        limits.sign_in,
        limits.verification_mail,
        limits.wrong_refresh_token,
        limits.address_change,
        limits.taken_name,
    ]
}

#[test]
fn every_limit_has_a_default() {
    let (settings, _) = load(&[]).unwrap();
    assert_eq!(settings.limits, DEFAULTS);
    assert_eq!(settings.alerts.failed_login_after, 5);
}

#[test]
fn each_limit_is_set_by_its_own_variable_and_may_be_off() {
    for (place, name) in NAMES.iter().enumerate() {
        let name = format!("AUTH_MICROSERVICE_LIMIT_{name}");
        for value in [0, 7, 1_000_000] {
            let (settings, notices) = load(&[(&name, &value.to_string())]).unwrap();
            let mut expected = all(&DEFAULTS);
            expected[place] = value;
            assert_eq!(all(&settings.limits), expected, "{name}");
            assert_eq!(notices, []);
        }
        for value in ["-1", "1000001", "many", "1.5"] {
            assert!(
                load(&[(&name, value)]).unwrap_err().contains(&name),
                "{value}"
            );
        }
    }
}

#[test]
fn alerts_about_failed_sign_ins_may_be_off() {
    let name = "AUTH_MICROSERVICE_FAILED_LOGIN_ALERT_AFTER";
    let (settings, _) = load(&[(name, "0")]).unwrap();
    assert_eq!(settings.alerts.failed_login_after, 0);
    assert!(load(&[(name, "-1")]).unwrap_err().contains(name));
}
