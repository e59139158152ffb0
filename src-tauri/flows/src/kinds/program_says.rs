//! What a program writes, on its way into the log.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::program_lines::{Bound, Lines};
use super::shell::LogFile;
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
    /// A file that has the lines too, all of them.
    file: Option<LogFile>,
}

impl Says {
    pub(super) fn new(context: &Context, level: Level) -> Self {
        let (masking, lines, bound) = (context.secrets.masking(), Lines::default(), Bound::default());
        Self { context: context.clone(), level, masking, lines, bound, file: None }
    }

    /// The same, and appended to a file.
    pub(super) fn also_to(self, file: Option<LogFile>) -> Self {
        Self { file, ..self }
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
        if let Some(line) = self.lines.end() {
            shown(line, self.level, &mut self.bound, self.file.as_ref(), &self.context);
        }
        let last = self.lines.last().map(<[u8]>::to_vec);
        self.bound.end().for_each(|line| self.context.host.log(self.level, &line));
        last
    }

    fn take(&mut self, bytes: &[u8]) {
        let Self { context, level, lines, bound, file, .. } = self;
        lines.push(bytes, &mut |line| shown(line, *level, bound, file.as_ref(), context));
    }
}

fn shown(line: String, level: Level, bound: &mut Bound, file: Option<&LogFile>, context: &Context) {
    if let Some(file) = file {
        file.line(&line, context);
    }
    if let Some(line) = bound.take(line) {
        context.host.log(level, &line);
    }
}
