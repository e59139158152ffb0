//! Waiting for answers, which reading and writing do alike.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::lanes::Lanes;
use super::link::Answer;
use super::trouble::{Lost, Trouble};
use super::wire::Reply;

/// How often one who waits looks whether the connections are still there.
const LOOK: Duration = Duration::from_secs(1);

/// A reply's mark: where the part begins, and how often its lane was opened.
pub(super) fn mark(offset: u64, times: u64) -> u64 {
    (offset << 8) | (times & 0xff)
}

/// One who has asked something on lanes and waits for the answers.
pub(super) trait AwaitAnswers {
    fn lanes(&mut self) -> &mut Lanes;
    fn answers(&self) -> &Receiver<Answer>;
    /// Takes the answer with this mark.
    fn answered(&mut self, at: u64, answer: Result<Reply, Lost>) -> Result<(), Trouble>;
    /// Opens a lane again, after its connection was lost, and asks once more for what was on its way there.
    fn renew(&mut self, at: usize, lost: Trouble) -> Result<(), Trouble>;

    /// Waits for one answer.
    fn wait(&mut self) -> Result<(), Trouble> {
        loop {
            match self.answers().recv_timeout(LOOK) {
                Ok((at, answer)) => return self.answered(at, answer),
                Err(RecvTimeoutError::Timeout) => self.look()?,
                Err(RecvTimeoutError::Disconnected) => return Err(Lost::new("ssh.lost", "nobody answers").into()),
            }
        }
    }

    /// Renews connections that were lost while something was queued on them.
    fn look(&mut self) -> Result<(), Trouble> {
        for at in 0..self.lanes().count() {
            if self.lanes().get(at).link.is_lost() {
                self.renew(at, Lost::new("ssh.lost", "the connection was lost").into())?;
            }
        }
        Ok(())
    }
}
