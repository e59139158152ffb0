//! `sqs_scheduled_dag`: from a message to a synced work, and what may go wrong on the way.

use std::fs;

use longshore_testkit::bags::zip_of_bags;
use longshore_testkit::proxy::{Cut, Ending};
use serde_json::{Value, json};

use crate::site::{Site, killed, until};

struct Dag(Site);

impl Dag {
    fn new() -> Self {
        let site = Site::new();
        site.script("syncOneWork.sh", "echo \"$(cat \"$1/a\")$2\" >> \"$SYNCED\"");
        Self(site)
    }

    /// An archive with the bag of one work, in the bucket that tells the queue.
    fn arrives(&self, key: &str, work: &str, content: &str) {
        self.0.put_bytes(key, &zip_of_bags(&[(work, &[("a", content.as_bytes())])]).unwrap());
    }

    fn params(&self) -> Value {
        json!({"download_map": [{"connection": "aws_default", "region": "us-east-1", "queue": "restored", "bucket": "vault"}],
            "folder": self.at("down"), "when_none": "done", "script": self.at("bin/syncOneWork.sh"),
            "sync": {"env": {"SYNCED": self.at("synced")}}})
    }

    fn with(&self, more: &Value) -> Value {
        let mut params = self.params();
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    }

    fn run(&self, more: &Value) -> (i32, Value) {
        let (code, run) = self.0.flow("sqs_scheduled_dag", &self.with(more));
        (code, run.get(0).cloned().unwrap_or(run))
    }

    #[track_caller]
    fn well(&self, more: &Value) -> Value {
        let (code, run) = self.run(more);
        assert_eq!(code, 0, "{run:#}\n{}", self.0.log(&run));
        run
    }

    fn at(&self, name: &str) -> String {
        self.0.place.path(name).display().to_string()
    }

    fn synced(&self) -> String {
        fs::read_to_string(self.at("synced")).unwrap_or_default()
    }

    fn work(&self, id: &str) -> Value {
        self.0.works().as_array().unwrap().iter().find(|row| row["work"] == id).cloned().unwrap_or_default()
    }

    /// The run of the flow, once there is one.
    fn of_the_flow(&self) -> String {
        let runs = self.0.place.run(["--json", "run", "list"]).json();
        let rows = runs.get("rows").unwrap_or(&runs).as_array().cloned().unwrap_or_default();
        let run = rows.iter().find(|run| run["flow"] == "sqs_scheduled_dag");
        run.and_then(|run| run["id"].as_str()).unwrap_or("none").to_owned()
    }

    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.at("down")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[test]
fn works_that_messages_tell_of_are_synced_and_only_then_are_the_messages_deleted() {
    let dag = Dag::new();
    dag.0.aws.script(
        "s3.create_bucket(Bucket='elsewhere')\nurl = sqs.create_queue(QueueName='manifests')['QueueUrl']\n\
         arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']\n\
         told = {'QueueConfigurations': [{'QueueArn': arn, 'Events': ['s3:ObjectCreated:*']}]}\n\
         s3.put_bucket_notification_configuration(Bucket='elsewhere', NotificationConfiguration=told)",
    );
    dag.arrives("Works/1/W1.bag.zip", "W1", "first ");
    dag.arrives("Works/2/W2.bag.zip", "W2", "second ");
    dag.0.put_bytes_in("elsewhere", "W3.bag.zip", &zip_of_bags(&[("W3", &[("a", b"third ")])]).unwrap());
    dag.0.place.file("down/neighbour/kept", "kept");
    let map = json!([{"connection": "aws_default", "queue": "restored", "bucket": "vault"},
        {"connection": "aws_default", "region": "us-east-1", "queue": "manifests"}]);
    let run = dag.well(&json!({"download_map": map}));
    for work in ["first W1", "second W2", "third W3"] {
        assert!(dag.synced().contains(work), "{}\n{run:#}", dag.synced());
    }
    for work in ["W1", "W2", "W3"] {
        let row = dag.work(work);
        assert_eq!(row["state"], "synced", "{row:#}");
        assert!(["downloaded", "debagged", "synced"].iter().all(|step| row[step].is_i64()), "{row:#}");
    }
    assert_eq!(dag.0.queued(), (0, 0));
    assert_eq!(dag.left(), ["neighbour"], "the run's own folder is gone, and nothing else");
}

#[test]
fn without_messages_it_is_tried_again_six_hours_later() {
    let dag = Dag::new();
    dag.0.aws.script("sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName='restored')['QueueUrl'])");
    let owner = dag.0.start("sqs_scheduled_dag", &dag.with(&json!({"when_none": "retry"})));
    let shown = || dag.0.place.run(["--json", "run", "show", &dag.of_the_flow()]).out;
    until(|| shown().contains("up_for_retry"));
    assert!(shown().contains("sqs.no_messages"), "{}", shown());
    drop(owner);
}

#[test]
fn a_message_that_comes_again_while_its_run_works_is_done_once() {
    let dag = Dag::new();
    dag.arrives("W1.bag.zip", "W1", "first ");
    let wait =
        "echo begun >> \"$SYNCED\"; while ! test -e \"$SYNCED.go\"; do sleep 0.1; done; cat \"$1/a\" >> \"$SYNCED\"";
    dag.0.script("syncOneWork.sh", wait);
    let params = dag.with(&json!({"hidden": "2s"}));
    let owner = dag.0.start("sqs_scheduled_dag", &params);
    until(|| dag.synced().contains("begun"));
    killed(owner);
    // Nobody holds it any more: it can be seen again, and is received again while the first run goes on.
    until(|| dag.0.queued() == (1, 0));
    fs::write(dag.at("synced.go"), "").unwrap();
    dag.well(&json!({"hidden": "30s"}));
    dag.0.place.run(["run", "wait"]).expect(0);
    assert_eq!(dag.synced().matches("first").count(), 1, "{}", dag.synced());
    until(|| dag.0.queued() == (0, 0));
    assert_eq!(dag.work("W1")["state"], "synced");
    assert_eq!(dag.left(), Vec::<String>::new());
}

#[test]
fn a_download_that_is_cut_goes_on_and_a_zip_that_is_cut_goes_back() {
    let mut dag = Dag::new();
    let proxy = dag.0.through_proxy();
    let large: Vec<u8> = (0..3_000_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let whole = zip_of_bags(&[("W1", &[("a", b"first "), ("large", &large)])]).unwrap();
    dag.0.put_bytes("W1.bag.zip", &whole);
    dag.0.put_bytes("W2.bag.zip", &whole[..whole.len() - 100]);
    proxy.change(|faults| faults.down.cut = Some(Cut { after: 4 << 20, ending: Ending::Reset, again: false }));
    let map = json!([{"connection": "aws_slow", "queue": "restored", "bucket": "vault"}]);
    let (code, run) = dag.run(&json!({"download_map": map}));
    assert_eq!(code, 1, "{run:#}");
    assert_eq!(dag.synced(), "first W1\n", "{run:#}\n{}", dag.0.log(&run));
    assert!(run["fault"]["code"] == "archive.damaged", "{run:#}");
    assert_eq!(dag.0.queued(), (1, 0), "the message of the damaged one is there still");
    let open = dag.0.messages(false);
    assert!(open[0]["state"] == "returned" && open[0]["body"].as_str().unwrap().contains("W2.bag.zip"), "{open:#}");
    assert_eq!(dag.work("W2")["state"], "failed");
}

#[test]
fn a_work_that_is_there_with_other_content_stays_and_is_told() {
    let dag = Dag::new();
    let more = json!({"works_folder": dag.at("works")});
    dag.arrives("W1.bag.zip", "W1", "first ");
    dag.well(&more);
    // The same content in another event: it is in place, and synced again.
    dag.arrives("W1.bag.zip", "W1", "first ");
    dag.well(&more);
    assert_eq!(dag.synced(), "first W1\nfirst W1\n");
    dag.arrives("W1.bag.zip", "W1", "other ");
    let (code, run) = dag.run(&more);
    assert_eq!((code, &run["fault"]["code"]), (1, &json!("debag.differs")), "{run:#}");
    assert_eq!(fs::read_to_string(dag.at("works/W1/a")).unwrap(), "first ");
    assert_eq!(dag.synced(), "first W1\nfirst W1\n");
    assert!(dag.work("W1")["trouble"].as_str().unwrap().contains("other content"), "{:#}", dag.work("W1"));
    // The operator decides for the new one, and the failed run goes on from what it has.
    fs::rename(dag.at("works/W1"), dag.at("works/W1.old")).unwrap();
    dag.0.place.run(["run", "retry", run["id"].as_str().unwrap()]).expect(0);
    dag.0.place.run(["run", "wait"]).expect(0);
    assert_eq!(fs::read_to_string(dag.at("works/W1/a")).unwrap(), "other ");
    assert_eq!(dag.0.messages(false), json!([]));
    assert_eq!(dag.0.queued(), (0, 0));
    assert_eq!(dag.left(), Vec::<String>::new());
}

#[test]
fn an_operator_drops_a_poisonous_message_or_gives_it_another_chance() {
    let dag = Dag::new();
    dag.arrives("W1.bag.zip", "W1", "first ");
    dag.0.script("syncOneWork.sh", "exit 7");
    let more = json!({"max_tries": 1, "keep_failed": false});
    assert_eq!(dag.run(&more).0, 1);
    let message = dag.0.messages(false)[0].clone();
    dag.well(&more);
    assert_eq!(dag.0.messages(false)[0]["state"], "poison");
    let id = message["message"].as_str().unwrap();
    let ran = dag.0.place.run(["--json", "work", "return", id, "--reason", "the script is mended"]).expect(0).json();
    assert_eq!(ran["state"], "returned");
    assert_eq!(dag.0.queued(), (1, 0), "it can be received again");
    dag.0.script("syncOneWork.sh", "cat \"$1/a\" >> \"$SYNCED\"");
    dag.well(&more);
    assert_eq!((dag.synced().as_str(), dag.0.queued()), ("first ", (0, 0)));
    // Another one is dropped, without its work.
    dag.0.send("nonsense");
    dag.well(&more);
    dag.well(&more);
    let poison = dag.0.messages(false)[0].clone();
    assert_eq!(poison["state"], "poison", "{poison:#}");
    let id = poison["message"].as_str().unwrap();
    dag.0.place.run(["work", "drop", id, "--queue", "https://sqs.example.org/none"]).expect(4);
    dag.0.place.run(["work", "drop", id, "--reason", "sent by mistake"]).expect(0);
    assert_eq!((dag.0.queued(), dag.0.messages(false)), ((0, 0), json!([])));
    dag.0.place.run(["work", "drop", id]).expect(4);
    let audit = dag.0.place.run(["audit", "list"]).expect(0).out;
    assert!(
        audit.contains("work.drop") && audit.contains("sent by mistake") && audit.contains("work.return"),
        "{audit}"
    );
}

#[test]
fn a_run_that_is_cancelled_lets_its_messages_go() {
    let dag = Dag::new();
    dag.arrives("W1.bag.zip", "W1", "first ");
    dag.0.script("syncOneWork.sh", "echo begun >> \"$SYNCED\"; sleep 1000");
    let owner = dag.0.start("sqs_scheduled_dag", &dag.params());
    until(|| dag.synced().contains("begun"));
    let message = dag.0.messages(false)[0]["message"].as_str().unwrap().to_owned();
    dag.0.place.run(["work", "drop", &message]).expect(4);
    let run = dag.of_the_flow();
    dag.0.place.run(["run", "cancel", &run]).expect(0);
    owner.end();
    assert_eq!(dag.0.messages(false)[0]["state"], "returned");
    assert_eq!(dag.0.queued(), (1, 0));
}
