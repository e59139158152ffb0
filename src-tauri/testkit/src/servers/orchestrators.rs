//! Other engines, as they are installed: Apache Airflow 3 with its API server, scheduler and DAG processor, and Prefect 3 with a process
//! that serves a flow.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Server, free_ports, program, status};

/// Airflow, with its data in a folder of its own; all end with this.
pub struct Airflow {
    port: u16,
    servers: Vec<Server>,
    home: tempfile::TempDir,
}

impl Airflow {
    /// Starts one with this file of DAGs.
    ///
    /// # Panics
    /// Where it is not installed, or does not start.
    pub fn start(dags: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("dags");
        fs::create_dir(&folder).expect("a folder");
        fs::write(folder.join("dags.py"), dags).expect("a file");
        let [port] = free_ports();
        let mut airflow = Self { port, servers: Vec::new(), home };
        airflow.run(&["db", "migrate"]);
        let text = port.to_string();
        let mut api = airflow.command(&["api-server", "--host", "127.0.0.1", "--workers", "1", "--port", &text]);
        let up = || status(port, "GET", "/api/v2/version", "") == Some(200);
        airflow.servers.push(Server::start(&mut api, up));
        // Logs are read from the disk: nothing need listen for that.
        for part in [&["scheduler", "--skip-serve-logs"][..], &["dag-processor"]] {
            airflow.servers.push(Server::start(&mut airflow.command(part), || true));
        }
        airflow
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program("airflow", "airflow"));
        let (home, url) = (self.home.path(), format!("http://127.0.0.1:{}", self.port));
        command.args(args).current_dir(home).env("AIRFLOW_HOME", home).env("HOME", home);
        command.env("AIRFLOW__CORE__LOAD_EXAMPLES", "False").env("AIRFLOW__CORE__DAGS_FOLDER", home.join("dags"));
        command.env("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", format!("{url}/execution/"));
        command.env("AIRFLOW__API__BASE_URL", url).env("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "admin:admin");
        command.env("AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION", "False");
        command.env("AIRFLOW__API_AUTH__JWT_SECRET", "of a test, and of no use to anybody else");
        command.env("NO_PROXY", "127.0.0.1,localhost");
        command
    }

    /// Runs its command line to the end.
    ///
    /// # Panics
    /// Where that fails.
    pub fn run(&self, args: &[&str]) {
        ran(&mut self.command(args));
    }

    /// Its folder, `AIRFLOW_HOME` of its tasks.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its port on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The password of its user `admin`.
    ///
    /// # Panics
    /// Where it has not written it down.
    pub fn password(&self) -> String {
        let text = fs::read(self.home.path().join("simple_auth_manager_passwords.json.generated")).expect("its file");
        let all: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        all["admin"].as_str().expect("a password").to_owned()
    }

    /// Ends all of it at once.
    pub fn kill(&mut self) {
        self.servers.clear();
    }
}

/// Prefect's server and a process that serves a flow, with their data in a folder of their own; both end with this.
pub struct Prefect {
    port: u16,
    servers: Vec<Server>,
    home: tempfile::TempDir,
}

impl Prefect {
    /// Starts one with this program, which serves the deployment (`FLOW/NAME`).
    ///
    /// # Panics
    /// Where it is not installed, or does not start.
    pub fn start(serve: &str, deployment: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("serve.py"), serve).expect("a file");
        let [port] = free_ports();
        let mut prefect = Self { port, servers: Vec::new(), home };
        let text = port.to_string();
        let mut server = prefect.command("prefect", &["server", "start", "--host", "127.0.0.1", "--port", &text]);
        prefect.servers.push(Server::start(&mut server, || status(port, "GET", "/api/health", "") == Some(200)));
        let path = format!("/api/deployments/name/{deployment}");
        let offered = || status(port, "GET", &path, "") == Some(200);
        prefect.servers.push(Server::start(&mut prefect.command("python", &["serve.py"]), offered));
        prefect
    }

    fn command(&self, name: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program("prefect", name));
        let home = self.home.path();
        command.args(args).current_dir(home).env("HOME", home).env("PREFECT_HOME", home);
        command.env("PREFECT_API_URL", format!("http://127.0.0.1:{}/api", self.port));
        command.env("PREFECT_SERVER_ANALYTICS_ENABLED", "false").env("NO_PROXY", "127.0.0.1,localhost");
        command
    }

    /// Runs its command line to the end.
    ///
    /// # Panics
    /// Where that fails.
    pub fn run(&self, args: &[&str]) {
        ran(&mut self.command("prefect", args));
    }

    /// Runs a program in its Python.
    ///
    /// # Panics
    /// Where that fails.
    pub fn script(&self, text: &str) {
        ran(&mut self.command("python", &["-c", text]));
    }

    /// Its folder, in which its flows run.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its port on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends the process that serves, so that nothing that is asked for begins.
    pub fn stop_serving(&mut self) {
        self.servers.pop();
    }
}

fn ran(command: &mut Command) {
    let done = command.output().expect("it runs");
    assert!(done.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&done.stderr));
}
