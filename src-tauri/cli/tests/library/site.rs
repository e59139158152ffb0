//! A workspace with a connection to Amazon's services, a bucket that tells a queue of its objects, and ways to look at both.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use longshore_testkit::Proxy;
use longshore_testkit::servers::{Moto, Seaweed};
use serde_json::{Value, json};

use crate::common::{Place, Running};

pub(crate) struct Site {
    pub(crate) place: Place,
    pub(crate) aws: Moto,
}

/// The bucket `vault`, which tells the queue `restored` of what is written and restored, and the test message of that in the queue.
const BEGIN: &str = "
s3.create_bucket(Bucket='vault')
queue = sqs.create_queue(QueueName='restored')['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
events = ['s3:ObjectCreated:*', 's3:ObjectRestore:*']
told = {'QueueConfigurations': [{'QueueArn': arn, 'Events': events}]}
s3.put_bucket_notification_configuration(Bucket='vault', NotificationConfiguration=told)
";

/// A connection to the services of an endpoint, as the environment has it.
pub(crate) fn connection(url: &str) -> String {
    let [user, password] = Seaweed::keys();
    let extra = json!({"endpoint_url": url, "region_name": "us-east-1"});
    json!({"conn_type": "aws", "login": user, "password": password, "extra": extra}).to_string()
}

/// Ends a program as nothing can be caught.
pub(crate) fn killed(owner: Running) {
    owner.signal(rustix::process::Signal::KILL);
    drop(owner);
}

/// Looks until it is so, for a minute at most.
#[track_caller]
pub(crate) fn until(so: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !so() {
        assert!(began.elapsed().as_secs() < 60, "it never was so");
        std::thread::yield_now();
    }
}

impl Site {
    pub(crate) fn new() -> Self {
        let (place, aws) = (Place::new(), Moto::start());
        aws.script(BEGIN);
        let connection = connection(&aws.url());
        Self { place: place.with("AIRFLOW_CONN_AWS_DEFAULT", &connection), aws }
    }

    /// Writes an object, which the queue is told of unless nobody listens any more.
    pub(crate) fn put(&self, key: &str, content: &str) {
        self.aws.script(&format!("s3.put_object(Bucket='vault', Key={key:?}, Body={content:?})"));
    }

    /// Writes an object of any bytes.
    pub(crate) fn put_bytes(&self, key: &str, content: &[u8]) {
        self.put_bytes_in("vault", key, content);
    }

    pub(crate) fn put_bytes_in(&self, bucket: &str, key: &str, content: &[u8]) {
        let file = self.place.file("object", content);
        self.aws.script(&format!(
            "s3.put_object(Bucket={bucket:?}, Key={key:?}, Body=open('{}', 'rb').read())",
            file.display()
        ));
    }

    /// A script in bash, in the folder `bin`.
    pub(crate) fn script(&self, name: &str, text: &str) {
        let path = self.place.file(&format!("bin/{name}"), format!("#!/bin/bash\n{text}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A proxy on the way to the services, to which a connection `aws_slow` leads.
    pub(crate) fn through_proxy(&mut self) -> Proxy {
        let proxy = Proxy::to(self.aws.url().trim_start_matches("http://").parse().unwrap()).unwrap();
        self.place.connect("AIRFLOW_CONN_AWS_SLOW", &connection(&format!("http://{}", proxy.address())));
        proxy
    }

    /// Sends a message to the queue.
    pub(crate) fn send(&self, body: &str) {
        let body = serde_json::to_string(body).unwrap();
        self.aws.script(&format!(
            "sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName='restored')['QueueUrl'], MessageBody={body})"
        ));
    }

    /// Messages in the queue: those that can be received, and those that are hidden.
    pub(crate) fn queued(&self) -> (u64, u64) {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let text = format!(
            "found = sqs.get_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName='restored')['QueueUrl'], AttributeNames={names:?})\n\
             print(json.dumps([int(found['Attributes'][name]) for name in {names:?}]))"
        );
        serde_json::from_str(&self.aws.script(&text)).unwrap()
    }

    /// Runs a flow to its end: the exit code, and the run.
    pub(crate) fn flow(&self, flow: &str, params: &Value) -> (i32, Value) {
        let ran = self.place.run(self.line(flow, params));
        let told = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.out, ran.err));
        (ran.code, told)
    }

    /// Starts the program with a flow that it runs.
    pub(crate) fn start(&self, flow: &str, params: &Value) -> Running {
        self.place.start(self.line(flow, params))
    }

    fn line(&self, flow: &str, params: &Value) -> Vec<String> {
        let file: PathBuf = self.place.file("params.json", params.to_string());
        let line = ["--json", "flow", "run", flow, "--wait", "--params-file", file.to_str().unwrap()];
        line.map(str::to_owned).to_vec()
    }

    /// Runs a flow that does well.
    #[track_caller]
    pub(crate) fn well(&self, flow: &str, params: &Value) -> Value {
        let (code, run) = self.flow(flow, params);
        assert_eq!(code, 0, "{run:#}\n{}", self.log(&run));
        run
    }

    /// The log of a run.
    pub(crate) fn log(&self, run: &Value) -> String {
        let id = run.pointer("/0/id").or_else(|| run.get("id")).and_then(Value::as_str).unwrap_or_default();
        self.place.run(["run", "logs", id]).out
    }

    /// The works, and the messages that are not settled.
    pub(crate) fn works(&self) -> Value {
        self.place.run(["--json", "work", "list", "--limit", "100000"]).expect(0).json()
    }

    pub(crate) fn messages(&self, all: bool) -> Value {
        let line = ["--json", "work", "messages", "--limit", "100000"].into_iter().chain(all.then_some("--all"));
        self.place.run(line).expect(0).json()
    }
}
