//! Which keys sign and verify access tokens, and how one replaces another.

use std::net::TcpListener;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::forge::{
    KeyPair, claims, header_of, hs256, public_der, public_pem, raw, unsigned,
};
use crate::support::{JWT_KEY, Mode, Place, Tokens, World, introspect};

const ME: &str = "/api/v1/auth/me";
const JWKS: &str = "/.well-known/jwks.json";
const PRIVATE: &str = "JWT_ED25519_PRIVATE_KEY";
const ACCEPTED: &str = "JWT_ACCEPTED_PUBLIC_KEYS_FILE";

async fn keys(world: &World) -> Vec<Value> {
    let set = world.api.get(JWKS).await.expect(200);
    set["keys"].as_array().unwrap().clone()
}

/// `x` of the key that signs.
async fn signing_key(world: &World) -> String {
    keys(world).await[0]["x"].as_str().unwrap().to_owned()
}

async fn signed_by_pair(mode: Mode) -> World {
    let place = Place::new(mode).await;
    World::at(place.with(PRIVATE, &KeyPair::of(1).private_pem())).await
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn the_published_key_verifies_our_tokens(#[case] mode: Mode) {
    let world = signed_by_pair(mode).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let published = keys(&world).await;
    assert_eq!(published.len(), 1, "a shared key is never published");
    let key = &published[0];
    let expected = json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
        "kid": key["kid"], "x": key["x"]});
    assert_eq!(*key, expected, "and nothing of the private half");
    let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": key["kid"]});
    assert_eq!(header_of(&held.access), header);

    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["auth-microservice"]);
    validation.set_issuer(&["auth-microservice"]);
    let verifying = DecodingKey::from_ed_components(key["x"].as_str().unwrap()).unwrap();
    let token = decode::<Value>(&held.access, &verifying, &validation).unwrap();
    assert_eq!(token.claims["sub"], world.admin_id.to_string());
    assert_eq!(token.claims["session_id"], held.session);
    held.live(&world.api).await;
    for path in ["/api/.well-known/jwks.json", "/.well-known/jwks.json/"] {
        let set = world.api.get(path).await.expect(200);
        assert_eq!(set["keys"], json!(published), "{path}");
    }
}

#[tokio::test]
async fn a_token_that_the_public_half_signed_is_refused() {
    let world = signed_by_pair(Mode::Embedded).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let x = signing_key(&world).await;
    let good = claims(world.admin_id, held.session);
    let own = header_of(&held.access);
    let accepted = KeyPair::of(1).sign(&own, &good);
    world.api.bearer(&accepted).get(ME).await.expect(200);

    let secrets = [
        x.clone().into_bytes(),
        raw(&x),
        public_der(&x),
        public_pem(&x).into_bytes(),
        public_pem(&x).trim().as_bytes().to_vec(),
    ];
    for secret in secrets {
        for header in [
            json!({"typ": "at+jwt", "alg": "HS256"}),
            json!({"typ": "at+jwt", "alg": "HS256", "kid": own["kid"]}),
        ] {
            let forged = hs256(&header, &good, &secret);
            let answer = world.api.bearer(&forged).get(ME).await;
            answer.refused(401, "invalid_token");
        }
    }
    // The header names another algorithm than the key has.
    let mut lying = own.clone();
    lying["alg"] = json!("HS256");
    let forged = KeyPair::of(1).sign(&lying, &good);
    let answer = world.api.bearer(&forged).get(ME).await;
    answer.refused(401, "invalid_token");
}

#[rstest]
#[case::shared_key(None)]
#[case::key_pair(Some(KeyPair::of(1)))]
#[tokio::test]
async fn no_header_chooses_key_or_algorithm(#[case] pair: Option<KeyPair>) {
    let mut place = Place::new(Mode::Embedded).await;
    if let Some(pair) = &pair {
        place.set(PRIVATE, &pair.private_pem());
    }
    let world = World::at(place).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let good = claims(world.admin_id, held.session);
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/jwks.json", trap.local_addr().unwrap());
    let attacker = KeyPair::of(66);

    let own = header_of(&held.access);
    let with = |name: &str, value: Value| {
        let mut header = own.clone();
        header[name] = value;
        header
    };
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let headers = [
        own.clone(),
        with("alg", json!("EdDSA")),
        with("kid", json!("unknown")),
        with("kid", json!("../../../../../../dev/null")),
        with("kid", json!("/proc/self/environ")),
        with("kid", json!("' OR '1'='1")),
        with("kid", json!("")),
        with("kid", Value::Null),
        with("kid", json!(["a", "b"])),
        with("jku", json!(address)),
        with("x5u", json!(address)),
        with("jwk", jwk),
        with("x5c", json!(["MIIB"])),
        with("crit", json!(["exp"])),
    ];
    for header in &headers {
        for forged in [
            attacker.sign(header, &good),
            hs256(header, &good, b""),
            hs256(header, &good, b"a key of the attacker, long enough"),
        ] {
            let answer = world.api.bearer(&forged).get(ME).await;
            answer.refused(401, "invalid_token");
            let told = introspect(&world.api, &forged).await;
            assert_eq!(told, json!({"active": false}), "{header}");
        }
    }
    let signature = held.access.rsplit('.').next().unwrap();
    for name in [
        "none", "None", "NONE", "nOnE", "", "HS512", "RS256", "ES256",
    ] {
        let header = with("alg", json!(name));
        for signature in ["", signature, "AAAA"] {
            let forged = unsigned(&header, &good, signature);
            let answer = world.api.bearer(&forged).get(ME).await;
            assert_eq!(answer.status, 401, "{name}: {}", answer.text);
        }
    }
    trap.set_nonblocking(true).unwrap();
    let fetched = trap.accept();
    assert!(fetched.is_err(), "nothing is fetched by a header");
    held.live(&world.api).await;
}

#[tokio::test]
async fn a_signature_has_one_spelling() {
    let world = World::new(Mode::Embedded).await;
    let held = Tokens::login(&world.api, "acme-admin").await;
    let (rest, last) = held.access.split_at(held.access.len() - 1);
    // 43 characters carry 32 bytes, and two bits that must be zero.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).unwrap();
    for bits in 1..4 {
        let other = &alphabet[place + bits..=place + bits];
        let answer = world.api.bearer(&format!("{rest}{other}")).get(ME).await;
        answer.refused(401, "invalid_token");
    }
    held.live(&world.api).await;
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_key_is_replaced_while_its_tokens_live_on(#[case] mode: Mode) {
    let mut world = signed_by_pair(mode).await;
    let old = Tokens::login(&world.api, "acme-admin").await;
    let old_key = signing_key(&world).await;
    let file = world.place.dir.path().join("accepted.pem");
    std::fs::write(&file, public_pem(&old_key)).unwrap();
    let second = KeyPair::of(2).private_pem();
    world.place.set(PRIVATE, &second);
    world.place.set(ACCEPTED, file.to_str().unwrap());
    let mut world = world.restarted();

    old.live(&world.api).await;
    let new = Tokens::login(&world.api, "acme-admin").await;
    let published = keys(&world).await;
    let names: Vec<&Value> = published.iter().map(|key| &key["x"]).collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[1], &json!(old_key), "the signing one first");
    assert_eq!(header_of(&new.access)["kid"], published[0]["kid"]);
    assert_eq!(header_of(&old.access)["kid"], published[1]["kid"]);
    let rotated = Tokens::of(&old.refresh(&world.api).await.expect(200));
    assert_eq!(header_of(&rotated.access)["kid"], published[0]["kid"]);

    // The old key is withdrawn: its tokens end, their sessions do not.
    world.place.set(ACCEPTED, "");
    let world = world.restarted();
    let answer = old.bearer(&world.api).get(ME).await;
    answer.refused(401, "invalid_token");
    assert_eq!(introspect(&world.api, &old.access).await["active"], false);
    rotated.live(&world.api).await;
    new.live(&world.api).await;
    assert_eq!(keys(&world).await.len(), 1);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_shared_key_gives_way_to_a_key_pair_and_no_user_is_signed_out(#[case] mode: Mode) {
    let mut world = World::new(mode).await;
    assert_eq!(keys(&world).await, Vec::<Value>::new());
    let old = Tokens::login(&world.api, "acme-admin").await;
    assert_eq!(
        header_of(&old.access),
        json!({"typ": "at+jwt", "alg": "HS256"})
    );
    world.place.set(PRIVATE, &KeyPair::of(1).private_pem());
    let mut world = world.restarted();
    old.live(&world.api).await;
    let new = Tokens::of(&old.refresh(&world.api).await.expect(200));
    assert_eq!(header_of(&new.access)["alg"], "EdDSA");
    let forged = claims(world.admin_id, old.session);
    let header = json!({"typ": "at+jwt", "alg": "HS256", "kid": header_of(&new.access)["kid"]});
    let forged = hs256(&header, &forged, JWT_KEY.as_bytes());
    let answer = world.api.bearer(&forged).get(ME).await;
    answer.refused(401, "invalid_token");

    // Once the old tokens have run out the shared key goes.
    world.place.env.remove("AUTH_MICROSERVICE_JWT_SECRET_KEY");
    let world = world.restarted();
    let answer = old.bearer(&world.api).get(ME).await;
    answer.refused(401, "invalid_token");
    new.live(&world.api).await;
    world
        .api
        .guess("nobody")
        .await
        .refused(401, "invalid_credentials");
}
