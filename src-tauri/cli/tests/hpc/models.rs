//! Models to MLflow and back: its own server, and one of ours where it shall fail.

use std::fs;

use longshore_testkit::servers::Mlflow;
use longshore_testkit::servers::model_server::ModelServer;
use longshore_testkit::servers::repository::Speaks;
use serde_json::{Value, json};

use crate::common::http::send;
use crate::site::{Site, https, site};

fn model(site: &Site) -> Value {
    let folder = site.ssh.files().join("results");
    fs::create_dir_all(folder.join("plots/deep")).unwrap();
    fs::write(folder.join("model b.pkl"), vec![9; 9 << 20]).unwrap();
    fs::write(folder.join("plots/deep/a.png"), "png").unwrap();
    let attributes = json!({
        "name": "ocean", "metrics": {"loss": 0.25, "steps": 3}, "params": {"depth": 12, "warm": true, "kind": "u-net"},
        "artifacts": [site.there("results/model b.pkl"), "plots"],
    });
    fs::write(folder.join("attrs.json"), attributes.to_string()).unwrap();
    json!({"location": site.there("results")})
}

fn served(site: &Site) -> ModelServer {
    let server = ModelServer::start();
    site.add("my_mlflow", &https(&server.url()), &[("access_token", "a-token-of-mlflow")]);
    server
}

#[test]
fn a_model_goes_to_mlflow_and_comes_back_by_its_run_and_as_the_best_of_its_experiment() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = Mlflow::start();
    let (host, port) = server
        .url()
        .strip_prefix("http://")
        .unwrap()
        .split_once(':')
        .map(|(h, p)| (h.to_owned(), p.parse::<u16>().unwrap()))
        .unwrap();
    site.add("my_mlflow", &json!({"conn_type": "http", "host": host, "port": port}), &[]);
    site.well("mlflow_upload_model", &model(&site));
    let ask = json!({
        "location": site.there("back"), "experiment_name": "ocean", "filter": "metrics.loss < 1",
        "order_by": ["metrics.loss ASC"], "mlflow_modelpath": "model",
    });
    site.well("mlflow_stagein", &ask);
    assert_eq!(site.names("back/model"), ["model b.pkl", "plots"]);
    assert_eq!(site.content("back/model/model b.pkl"), vec![9; 9 << 20]);
    assert_eq!(site.content("back/model/plots/deep/a.png"), b"png");
    registered_by_alias(&site, &format!("{host}:{port}"));
    let none = json!({"location": site.there("none"), "experiment_name": "ocean", "filter": "metrics.loss < 0.1"});
    assert_eq!(site.fault("mlflow_stagein", &none).0, "mlflow.no_run");
    let unknown = json!({"location": site.there("none"), "mlflow_runid": "00000000000000000000000000000000"});
    assert_eq!(site.fault("model_stagein", &unknown).0, "file.missing");
    let both = json!({"location": site.there("none"), "mlflow_runid": "a", "experiment_name": "ocean"});
    assert_eq!(site.fault("model_stagein", &both).0, "mlflow.which");
    search_results(&site);
    site.well("model_search_upload", &json!({"location": site.there("search")}));
    let best = json!({
        "location": site.there("best"), "experiment_name": "model_search", "filter": "params.alpha = '0.1'",
        "mlflow_modelpath": "model",
    });
    // The run of that try has no artifacts; the model has a run of its own.
    assert_eq!(site.fault("mlflow_stagein", &best).0, "file.missing");
}

/// The model of the one run becomes a version of a registered model, to which an alias leads.
fn registered_by_alias(site: &Site, address: &str) {
    let call = |name: &str, body: &Value| {
        let json = [("Content-Type", "application/json")];
        send(address, "POST", &format!("/api/2.0/mlflow/{name}"), &json, body.to_string().as_bytes()).json(200)
    };
    let runs = call("runs/search", &json!({"experiment_ids": ["0", "1"]}));
    let info = &runs["runs"][0]["info"];
    call("registered-models/create", &json!({"name": "sea level"}));
    let source = format!("{}/model", info["artifact_uri"].as_str().unwrap());
    let version = json!({"name": "sea level", "source": source, "run_id": info["run_id"]});
    let made = call("model-versions/create", &version);
    let version = &made["model_version"]["version"];
    call("registered-models/alias", &json!({"name": "sea level", "alias": "champion", "version": version}));
    let ask = |which: &str, value: &Value| json!({"location": site.there(&format!("by-{which}")), "model_name": "sea level", which: value});
    site.well("mlflow_stagein", &ask("model_alias", &json!("champion")));
    let version = json!(version.as_str().map_or_else(|| version.to_string(), str::to_owned));
    site.well("mlflow_stagein", &ask("model_version", &version));
    for which in ["model_alias", "model_version"] {
        let folder = format!("by-{which}");
        let top = site.names(&folder);
        assert_eq!(top.len(), 1, "{top:?}");
        assert_eq!(site.content(&format!("{folder}/{}/plots/deep/a.png", top[0])), b"png");
    }
    for (which, value) in [("model_alias", "nobody"), ("model_version", "99")] {
        let (code, told) = site.fault("mlflow_stagein", &ask(which, &json!(value)));
        assert_eq!(code, "mlflow.no_model");
        assert!(told.contains("sea level") && told.contains(value), "{told}");
    }
    let mut unknown = ask("model_alias", &json!("champion"));
    unknown["model_name"] = json!("no such model");
    assert_eq!(site.fault("mlflow_stagein", &unknown).0, "mlflow.no_model");
}

fn search_results(site: &Site) {
    let folder = site.ssh.files().join("search");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("model.dat"), "a model").unwrap();
    let table = ",mean_fit_time,params,mean_test_score\n0,0.5,\"{'alpha': 0.1, 'kind': 'a, b', 'depth': None}\",0.9\n\
                 1,0.25,\"{'alpha': 1.0, 'kind': 'c', 'depth': 3}\",nan\n";
    fs::write(folder.join("pd.csv"), table).unwrap();
}

#[test]
fn the_results_of_a_search_become_a_run_each() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = served(&site);
    search_results(&site);
    server.held().loses = 1;
    site.well("model_search_upload", &json!({"location": site.there("search"), "experiment_name": "s"}));
    let state = server.held();
    assert_eq!((state.runs.len(), state.experiments.len()), (3, 1));
    assert!(state.runs.iter().all(|run| run.status == "FINISHED"));
    let params: Vec<_> = state.runs[1].params.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(params, [("alpha", "0.1"), ("depth", "None"), ("kind", "a, b")]);
    assert_eq!(state.runs[1].metrics.len(), 2);
    assert_eq!(state.runs[2].metrics.len(), 1, "what is no number is not told");
    assert_eq!(state.artifacts["0/0/artifacts/model/model.dat"], b"a model");
}

#[test]
fn one_run_is_made_however_often_its_answer_is_lost_or_an_artifact_damaged() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = served(&site);
    {
        let mut state = server.held();
        (state.loses, state.damages, state.cuts) = (1, 1, 1);
    }
    let run = site.well("mlflow_upload_model", &model(&site));
    let state = server.held();
    assert_eq!((state.runs.len(), state.loses, state.damages, state.cuts), (1, 0, 0, 0));
    assert_eq!(state.runs[0].status, "FINISHED");
    let params: Vec<_> = state.runs[0].params.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(params, [("depth", "12"), ("kind", "u-net"), ("warm", "True")]);
    assert_eq!(state.runs[0].metrics.len(), 2, "each is told once");
    assert_eq!(state.artifacts["0/0/artifacts/model/model b.pkl"], vec![9; 9 << 20]);
    assert_eq!(state.artifacts["0/0/artifacts/model/plots/deep/a.png"], b"png");
    assert!(!run.to_string().contains("a-token-of-mlflow"));
}

#[test]
fn what_cannot_be_uploaded_is_told_and_makes_no_run() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = served(&site);
    let ask = model(&site);
    let attributes = |value: Value| fs::write(site.ssh.files().join("results/attrs.json"), value.to_string()).unwrap();
    attributes(json!({"metrics": {"loss": "small"}}));
    assert_eq!(site.fault("mlflow_upload_model", &ask).0, "mlflow.malformed");
    attributes(json!({"metrics": {}}));
    assert_eq!(site.fault("mlflow_upload_model", &ask).0, "mlflow.malformed", "it names no experiment");
    attributes(json!({"name": "n", "artifacts": ["a/x", "b/x"]}));
    assert_eq!(site.fault("mlflow_upload_model", &ask).0, "mlflow.malformed", "two of one name");
    let nowhere = json!({"location": site.there("nowhere")});
    assert_eq!(site.fault("mlflow_upload_model", &nowhere).0, "file.missing");
    assert!(server.held().runs.is_empty());
    attributes(json!({"name": "n", "metrics": {"loss": 1}}));
    site.well("mlflow_upload_model", &ask);
    assert_eq!(server.held().runs[0].status, "FINISHED", "a run without artifacts is one too");
    attributes(json!({"name": "n", "artifacts": ["gone"]}));
    assert_eq!(site.fault("mlflow_upload_model", &ask).0, "file.missing");
    assert_eq!(server.held().runs[1].status, "RUNNING", "it is not ended before all is there");
}

#[test]
fn artifacts_that_lie_elsewhere_and_names_that_lead_out_are_refused() {
    let Some(site) = site(Speaks::B2share) else { return };
    let server = served(&site);
    site.well("mlflow_upload_model", &model(&site));
    let ask = json!({"location": site.there("back"), "mlflow_runid": "0"});
    server.held().artifacts.insert("0/0/artifacts/model/../escaped".into(), b"x".to_vec());
    assert_eq!(site.fault("mlflow_stagein", &ask).0, "record.name");
    assert!(!site.names("").contains(&"escaped".to_owned()));
    for elsewhere in ["s3://bucket/0/artifacts", "mlflow-artifacts://other.example:5000/0/artifacts"] {
        server.held().elsewhere = Some(elsewhere);
        assert_eq!(site.fault("mlflow_stagein", &ask).0, "mlflow.artifacts_elsewhere", "{elsewhere}");
    }
}
