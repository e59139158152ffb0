//! The commands, one file for each noun.

mod archive;
mod archiver;
mod audit;
mod bags;
mod connections;
mod copies;
mod database;
mod datasets;
mod export;
pub(crate) mod flows;
mod imports;
mod ledger;
mod limits;
mod places;
mod plan_flow;
mod plans;
mod profiles;
mod remote;
mod retrieve;
pub(crate) mod runs;
mod schedules;
mod scicat;
mod serve;
mod storages;
mod task_apart;
mod tasks;
mod transfer;
mod upload;
mod users;
mod versions;
mod works;
mod workspace;

use longshore_api::Fault;

use crate::args::{self, Command};
use crate::exit::Exit;
use crate::shell::Shell;

/// Runs a command to its end.
pub(crate) async fn run(shell: &Shell, command: Command) -> Result<Exit, Fault> {
    match command {
        Command::Archive(args) => archive::archive(shell, args).await,
        Command::Upload(args) => upload::upload(shell, args).await,
        Command::Retrieve(args) => retrieve::retrieve(shell, args).await,
        Command::Verify { dataset } => retrieve::verify(shell, dataset).await,
        Command::Datasets { search } => datasets::list(shell, search).await,
        Command::Dataset(args::Dataset::Report { dataset, file, form }) => {
            datasets::report(shell, dataset, &file, form).await
        }
        Command::Dataset(args::Dataset::Show { dataset, files, history }) => {
            datasets::show(shell, dataset, files, history).await
        }
        Command::Find { text } => datasets::find(shell, text).await,
        Command::Copy(args) => copies::copy(shell, args).await,
        Command::Sync(args) => copies::sync(shell, args).await,
        Command::Ls(args) => copies::ls(shell, &args).await,
        Command::Bag(command) => bags::run(shell, command).await,
        Command::Remote(command) => remote::run(shell, command).await,
        Command::Import(command) => imports::from_engine(shell, command).await,
        Command::Place(command) => places::run(shell, command).await,
        Command::Transfer(command) => transfer::run(shell, command).await,
        Command::Plan(args::Plan::Archive { paths }) => plans::archive(shell, &paths).await,
        Command::Plan(args::Plan::Flow(args)) => plan_flow::flow(shell, args).await,
        Command::Flow(command) => flows::run(shell, command).await,
        Command::Run(command) => runs::run(shell, command).await,
        Command::Task(command) => tasks::run(shell, command).await,
        Command::Schedule(command) => schedules::run(shell, command).await,
        Command::Storage(command) => storages::run(shell, command).await,
        Command::User(command) => users::run(shell, command).await,
        Command::Limit(command) => limits::limit(shell, command).await,
        Command::Variable(command) => limits::variable(shell, command).await,
        Command::Connection(command) => connections::connection(shell, command).await,
        Command::Secrets(command) => connections::secrets(shell, command).await,
        Command::Archiver(command) => archiver::run(shell, command).await,
        Command::Profile(command) => profiles::run(shell, command).await,
        Command::Audit(command) => audit::run(shell, command).await,
        Command::Scicat(command) => scicat::run(shell, command).await,
        Command::Export(command) => export::run(shell, command).await,
        Command::Ledger(command) => ledger::run(shell, command).await,
        Command::Work(command) => works::run(shell, command).await,
        Command::Log(command) => database::log(shell, command).await,
        Command::Db(command) => database::run(shell, command).await,
        Command::Serve(args) => serve::serve(shell, args).await,
        Command::Workspace => workspace::show(shell).await,
        Command::Diagnostics { file } => database::diagnostics(shell, &file).await,
    }
}

/// A state as its word on the wire, which is the word in every list.
fn word(state: impl serde::Serialize) -> String {
    match serde_json::to_value(state) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
