//! The event bus against a real broker, each test with its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a panic is a failed test"
)]

use std::time::{Duration, Instant};

use amqprs::channel::{BasicGetArguments, ExchangeDeclareArguments, QueueDeclareArguments};
use amqprs::connection::{Connection, OpenConnectionArguments};
use auth_amqp::{AmqpEventBus, AmqpOptions, AmqpProbe, BrokerAdmin, BrokerError, Part, PartState};
use auth_domain::caller::Actor;
use auth_domain::events::{Event, EventBus as _, PublishError};
use auth_domain::health::HealthProbe as _;
use auth_testkit::builders;
use auth_testkit::rabbit::PrivateRabbit;
use futures::future::join_all;

fn options(broker: &PrivateRabbit) -> AmqpOptions {
    AmqpOptions {
        host: "127.0.0.1".to_owned(),
        port: broker.port(),
        user: "guest".to_owned(),
        password: "guest".to_owned().into(),
        virtual_host: "/".to_owned(),
        connection_name: "test".to_owned(),
        confirm_timeout: Duration::from_secs(2),
    }
}

fn event() -> Event {
    let organization = builders::account().organization_id;
    builders::event(organization, &Actor::system("test"))
}

async fn connect(broker: &PrivateRabbit) -> Connection {
    let arguments = OpenConnectionArguments::new("127.0.0.1", broker.port(), "guest", "guest");
    Connection::open(&arguments).await.unwrap()
}

/// The events that no queue wanted, in their order.
async fn unrouted(broker: &PrivateRabbit) -> Vec<(Event, i64)> {
    let connection = connect(broker).await;
    let channel = connection.open_channel(None).await.unwrap();
    let mut events = Vec::new();
    let next = || {
        BasicGetArguments::new("auth.unrouted")
            .no_ack(true)
            .finish()
    };
    while let Some((_, properties, body)) = channel.basic_get(next()).await.unwrap() {
        let (event, sequence) = auth_amqp::read(&body).unwrap();
        assert_eq!(properties.message_id(), Some(&event.id.0.to_string()));
        assert_eq!(
            properties.delivery_mode(),
            Some(2),
            "it outlives the broker"
        );
        events.push((event, sequence));
    }
    events
}

/// Publishes until the bus takes it; how often that took.
async fn until_taken(bus: &AmqpEventBus, event: &Event, within: Duration) -> u32 {
    let deadline = Instant::now() + within;
    let mut tries = 1;
    while let Err(error) = bus.publish(event, 1).await {
        assert!(matches!(error, PublishError::Unavailable(_)), "{error}");
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        tries += 1;
    }
    tries
}

#[tokio::test]
async fn what_is_published_arrives_once_and_survives_a_killed_broker() {
    let broker = PrivateRabbit::start();
    let bus = AmqpEventBus::new(options(&broker));
    let events: Vec<Event> = (0..300).map(|_| event()).collect();
    let published = events.iter().map(|event| bus.publish(event, 1));
    let published = join_all(published).await;
    assert!(published.iter().all(Result::is_ok), "{published:?}");
    AmqpProbe::new(bus.clone()).probe().await.unwrap();

    broker.kill();
    let lost = event();
    let refused = bus.publish(&lost, 1).await.unwrap_err();
    assert!(matches!(refused, PublishError::Unavailable(_)), "{refused}");
    assert!(AmqpProbe::new(bus.clone()).probe().await.is_err());
    broker.start_again();
    until_taken(&bus, &lost, Duration::from_secs(30)).await;
    AmqpProbe::new(bus.clone()).probe().await.unwrap();

    let mut arrived: Vec<_> = unrouted(&broker).await;
    arrived.sort_by_key(|(event, _)| event.id);
    let expected: Vec<_> = events.into_iter().chain([lost]).collect();
    let arrived: Vec<_> = arrived.into_iter().map(|(event, _)| event).collect();
    assert_eq!(arrived, expected);
}

#[tokio::test]
async fn a_stop_in_order_and_a_closed_channel_are_noticed() {
    let broker = PrivateRabbit::start();
    let bus = AmqpEventBus::new(options(&broker));
    bus.publish(&event(), 1).await.unwrap();
    broker.stop();
    assert!(bus.publish(&event(), 1).await.is_err());
    broker.start_again();
    until_taken(&bus, &event(), Duration::from_secs(30)).await;

    // The exchange goes away under the channel: the broker closes it.
    let connection = connect(&broker).await;
    let channel = connection.open_channel(None).await.unwrap();
    let gone = amqprs::channel::ExchangeDeleteArguments::new("audit.events");
    channel.exchange_delete(gone).await.unwrap();
    let tries = until_taken(&bus, &event(), Duration::from_secs(30)).await;
    assert!(tries > 1, "the exchange was gone");
}

#[tokio::test]
async fn a_frozen_broker_is_away_in_bounded_time_and_comes_back() {
    let broker = PrivateRabbit::start();
    let bus = AmqpEventBus::new(options(&broker));
    bus.publish(&event(), 1).await.unwrap();
    broker.freeze();
    let began = Instant::now();
    assert!(bus.publish(&event(), 1).await.is_err());
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "the time to confirm"
    );
    // While a confirm is overdue nothing more is sent.
    let began = Instant::now();
    assert!(bus.publish(&event(), 1).await.is_err());
    assert!(began.elapsed() < Duration::from_millis(500));
    broker.thaw();
    until_taken(&bus, &event(), Duration::from_secs(30)).await;
}

#[tokio::test]
async fn a_memory_alarm_holds_events_back_and_nothing_more() {
    let broker = PrivateRabbit::start();
    let bus = AmqpEventBus::new(options(&broker));
    bus.publish(&event(), 1).await.unwrap();
    broker.control(&["set_vm_memory_high_watermark", "0.00001"]);
    let held = event();
    assert!(bus.publish(&held, 1).await.is_err());
    broker.control(&["set_vm_memory_high_watermark", "0.4"]);
    let last = event();
    until_taken(&bus, &last, Duration::from_secs(30)).await;
    let arrived: Vec<_> = unrouted(&broker).await;
    let arrived = |event: &Event| arrived.iter().filter(|(found, _)| found == event).count();
    assert_eq!((arrived(&held), arrived(&last)), (1, 1));
}

#[tokio::test]
async fn what_the_broker_refuses_is_one_clear_error() {
    let broker = PrivateRabbit::start();
    let status = async |options: AmqpOptions| BrokerAdmin::new(options).status().await;
    let fine = options(&broker);
    let wrong_password = AmqpOptions {
        password: "wrong".to_owned().into(),
        ..fine.clone()
    };
    let wrong_host = AmqpOptions {
        virtual_host: "nowhere".to_owned(),
        ..fine.clone()
    };
    for wrong in [wrong_password, wrong_host] {
        let error = status(wrong).await.unwrap_err();
        assert!(matches!(error, BrokerError::Refused(_)), "{error}");
        assert!(error.to_string().contains("are user, password"), "{error}");
    }
    let nobody = AmqpOptions {
        port: 1,
        ..fine.clone()
    };
    let error = status(nobody).await.unwrap_err();
    assert!(matches!(error, BrokerError::Unreachable(_)), "{error}");

    broker.control(&["add_user", "reader", "reads"]);
    broker.control(&["set_permissions", "reader", "", ".*", ".*"]);
    let reader = AmqpOptions {
        user: "reader".to_owned(),
        password: "reads".to_owned().into(),
        ..fine
    };
    let bus = AmqpEventBus::new(reader);
    let error = bus.publish(&event(), 1).await.unwrap_err().to_string();
    assert!(error.contains("may the user configure it?"), "{error}");
}

#[tokio::test]
async fn a_broker_of_the_service_before_is_told_of_and_moved() {
    let broker = PrivateRabbit::start();
    let connection = connect(&broker).await;
    let channel = connection.open_channel(None).await.unwrap();
    let before = ExchangeDeclareArguments::new("security.events", "direct");
    channel.exchange_declare(before).await.unwrap();
    let queue = QueueDeclareArguments::durable_client_named("auth.unrouted");
    channel.queue_declare(queue).await.unwrap();

    let bus = AmqpEventBus::new(options(&broker));
    let error = bus.publish(&event(), 1).await.unwrap_err().to_string();
    assert!(error.contains("exchange security.events"), "{error}");
    assert!(error.contains("broker migrate"), "{error}");
    let admin = BrokerAdmin::new(options(&broker));
    let of = |state| move |part: &Part| (part.state == state).then_some(part.name);
    let status = admin.status().await.unwrap();
    let others: Vec<_> = status.iter().filter_map(of(PartState::Other)).collect();
    assert_eq!(others, ["security.events", "auth.unrouted"]);

    let replaced = admin.migrate().await.unwrap();
    let replaced: Vec<_> = replaced.iter().map(|part| part.name).collect();
    assert_eq!(replaced, others);
    let status = admin.status().await.unwrap();
    assert!(status.iter().all(|part| part.state == PartState::Ready));
    assert_eq!(admin.migrate().await.unwrap(), []);
    let told = event();
    until_taken(&bus, &told, Duration::from_secs(30)).await;
    assert_eq!(unrouted(&broker).await, [(told, 1)]);
}
