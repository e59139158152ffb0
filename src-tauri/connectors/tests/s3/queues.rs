//! Queues, against Moto.

use std::time::Duration;

use longshore_connectors::sqs::{Asked, Sqs};
use longshore_connectors::{Connection, connector};
use longshore_testkit::servers::Moto;
use serde_json::json;

/// At once, hidden for long enough.
const ASKED: Asked = Asked { most: 10, wait: Duration::ZERO, hidden: Duration::from_hours(1) };

fn queues(server: &Moto) -> Connection {
    let queue = server.script("print(sqs.create_queue(QueueName='restored')['QueueUrl'])");
    Connection { kind: "sqs".into(), ..server.connection(&json!({"queue_url": queue})) }
}

#[test]
fn a_message_is_there_until_it_is_deleted() {
    let server = Moto::start();
    let sqs = Sqs::open(&queues(&server), None).unwrap();
    let queue = sqs.queue_url(None).unwrap();
    assert_eq!(sqs.queue_url(Some("restored")).as_ref(), Ok(&queue), "a name is as good as a URL");
    assert_eq!(sqs.receive(&queue, ASKED), Ok(Vec::new()));
    server
        .script("sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName='restored')['QueueUrl'], MessageBody='büchse')");
    let [first] = sqs.receive(&queue, ASKED).unwrap().try_into().unwrap();
    assert_eq!((first.body.as_str(), first.times), ("büchse", 1));
    assert_eq!(sqs.receive(&queue, ASKED), Ok(Vec::new()), "it is hidden");
    assert_eq!(sqs.hide(&queue, &first.handle, Duration::ZERO), Ok(true), "it is given back");
    let [again] = sqs.receive(&queue, ASKED).unwrap().try_into().unwrap();
    assert_eq!((&again.id, again.times), (&first.id, 2));
    assert_eq!(sqs.hide(&queue, &again.handle, Duration::from_hours(2)), Ok(true));
    sqs.delete(&queue, &again.handle).unwrap();
    assert_eq!(sqs.hide(&queue, &again.handle, Duration::ZERO), Ok(false), "it is gone");
    sqs.delete(&queue, &again.handle).unwrap();
}

#[test]
fn the_test_of_a_connection_names_the_queue() {
    let server = Moto::start();
    let connection = queues(&server);
    let told = |connection: &Connection| {
        let mut steps = Vec::new();
        connector("sqs").unwrap().test(connection, b"", true, &mut |step| steps.push((step.name, step.outcome)));
        steps
    };
    let (name, outcome) = told(&connection).pop().unwrap();
    assert_eq!(name, "queue");
    assert!(outcome.unwrap().ends_with("/restored: about 0 waiting"));
    let other = Connection { extra: server.connection(&json!({"queue_url": "other"})).extra, ..connection };
    let (name, outcome) = told(&other).pop().unwrap();
    assert_eq!((name, outcome.unwrap_err().code), ("queue", "sqs.no_queue"));
}
