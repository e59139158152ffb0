//! What a program writes, on its way into the log.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::program_lines::{Bound, Lines};
use crate::kind::{Context, Level};
use crate::secrets::Masking;

/// Bytes that are read at a time.
const CHUNK: usize = 64 << 10;

/// One of a program's two streams.
pub(super) struct Says {
    context: Context,
    level: Level,
    masking: Masking,
    lines: Lines,
    bound: Bound,
}

impl Says {
    pub(super) fn new(context: &Context, level: Level) -> Self {
        let (masking, lines, bound) = (context.secrets.masking(), Lines::default(), Bound::default());
        Self { context: context.clone(), level, masking, lines, bound }
    }

    /// Reads until the stream ends.
    pub(super) async fn follow(&mut self, mut stream: impl AsyncRead + Unpin) {
        let mut chunk = vec![0; CHUNK];
        // A stream that breaks ends: whether the program got through is for its exit code to say.
        while let Ok(read @ 1..) = stream.read(&mut chunk).await {
            self.hear(&chunk[..read]);
        }
    }

    /// Takes what it wrote.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        let masked = self.masking.push(bytes);
        self.take(&masked);
    }

    /// What is to be said at the end. Gives the last line.
    pub(super) fn end(mut self) -> Option<Vec<u8>> {
        let masked = self.masking.end();
        self.take(&masked);
        if let Some(line) = self.lines.end()
            && let Some(line) = self.bound.take(line)
        {
            self.context.host.log(self.level, &line);
        }
        let last = self.lines.last().map(<[u8]>::to_vec);
        self.bound.end().for_each(|line| self.context.host.log(self.level, &line));
        last
    }

    fn take(&mut self, bytes: &[u8]) {
        let Self { context, level, lines, bound, .. } = self;
        lines.push(bytes, &mut |line| {
            if let Some(line) = bound.take(line) {
                context.host.log(*level, &line);
            }
        });
    }
}
