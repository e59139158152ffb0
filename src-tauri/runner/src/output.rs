//! How much a task run may give.

use longshore_engine::Fault;
use longshore_engine::decide::Ending;
use serde_json::Value;

/// Bytes of JSON that a task run may give.
const MOST: usize = 8 << 20;

/// An output that is too large is a failure: it would be carried along with every step of the run.
pub(crate) fn bounded(task: &str, output: Value) -> Ending {
    let mut counted = Counted(0);
    // What is counted was made from JSON, and counting cannot fail.
    let _ = serde_json::to_writer(&mut counted, &output);
    if counted.0 <= MOST {
        return Ending::Done(output);
    }
    let why = format!("it has {} bytes as JSON, and a task may give {MOST}", counted.0);
    let fault = Fault::permanent("task.output_too_large", format!("The output of {task} is too large"), why);
    Ending::Failed(fault.now("Write it to a file and give its path, or hand it over in pages."))
}

/// Counts what is written to it.
struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
