//! Events to whoever listens. Nobody who is slow holds up the engine: what is newer takes the place of what waits.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use indexmap::IndexMap;
use tokio::sync::Notify;

use crate::wire::{Event, Tag};

/// Batches of log lines that wait for one listener; older ones go first, and can be fetched.
const LOGS_KEPT: usize = 64;
/// Stale tags that wait for one listener; beyond it, everything is stale.
const TAGS_KEPT: usize = 1024;

/// Gives every event to every listener.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bus {
    listeners: Arc<Mutex<Vec<Weak<Mailbox>>>>,
}

impl Bus {
    /// Tells all. Never waits.
    pub(crate) fn send(&self, event: &Event) {
        let mut listeners = lock(&self.listeners);
        listeners.retain(|listener| match listener.upgrade() {
            Some(mailbox) => {
                mailbox.put(event.clone());
                true
            }
            None => false,
        });
    }

    /// Whether anybody listens; amounts need not be added up for nobody.
    pub(crate) fn heard(&self) -> bool {
        lock(&self.listeners).iter().any(|listener| listener.strong_count() > 0)
    }

    /// Listens from now on.
    pub(crate) fn listen(&self) -> Listener {
        let mailbox = Arc::new(Mailbox::default());
        lock(&self.listeners).push(Arc::downgrade(&mailbox));
        Listener { mailbox, ready: VecDeque::new() }
    }
}

/// One listener's end of a [`Bus`].
#[derive(Debug)]
pub struct Listener {
    mailbox: Arc<Mailbox>,
    ready: VecDeque<Event>,
}

impl Listener {
    /// The next event. Safe to drop and call again.
    pub async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            self.ready = self.mailbox.wait().await;
        }
    }

    /// Everything that waits, at least one event.
    pub(crate) async fn batch(&mut self) -> VecDeque<Event> {
        if self.ready.is_empty() {
            return self.mailbox.wait().await;
        }
        std::mem::take(&mut self.ready)
    }
}

/// What waits for one listener. `Changed` is never lost, only merged; of amounts the newest stays; logs may lose their oldest.
#[derive(Debug, Default)]
struct Mailbox {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

impl Mailbox {
    fn put(&self, event: Event) {
        lock(&self.waiting).put(event);
        self.filled.notify_one();
    }

    async fn wait(&self) -> VecDeque<Event> {
        loop {
            self.filled.notified().await;
            let events = lock(&self.waiting).take();
            if !events.is_empty() {
                return events;
            }
        }
    }
}

#[derive(Debug, Default)]
struct Waiting {
    tags: HashSet<Tag>,
    everything: bool,
    amounts: IndexMap<String, Event>,
    logs: VecDeque<Event>,
    others: VecDeque<Event>,
}

impl Waiting {
    fn put(&mut self, event: Event) {
        match event {
            Event::Changed { tags } => self.stale(tags),
            Event::Progress { ref run, .. } => drop(self.amounts.insert(run.clone(), event)),
            Event::Plan { ref token, .. } => drop(self.amounts.insert(token.clone(), event)),
            Event::Log { .. } => push(&mut self.logs, event),
            Event::Everything => self.everything = true,
            Event::Raise | Event::Notice { .. } | Event::Tested { .. } | Event::Connection { .. } => {
                push(&mut self.others, event);
            }
        }
    }

    fn stale(&mut self, tags: Vec<Tag>) {
        self.tags.extend(tags);
        if self.tags.len() > TAGS_KEPT {
            self.tags.clear();
            self.everything = true;
        }
    }

    fn take(&mut self) -> VecDeque<Event> {
        let mut events = std::mem::take(&mut self.others);
        let tags: Vec<Tag> = self.tags.drain().collect();
        if std::mem::take(&mut self.everything) {
            events.push_back(Event::Everything);
        } else if !tags.is_empty() {
            events.push_back(Event::Changed { tags });
        }
        events.append(&mut self.logs);
        events.extend(self.amounts.drain(..).map(|(_, event)| event));
        events
    }
}

fn push(queue: &mut VecDeque<Event>, event: Event) {
    if queue.len() >= LOGS_KEPT {
        queue.pop_front();
    }
    queue.push_back(event);
}

/// A thread that panicked while it held one of these locks left a whole value behind: each change is one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ProgressRow;

    fn amounts(run: &str, bytes: u64) -> Event {
        let progress = ProgressRow { bytes, ..ProgressRow::default() };
        Event::Progress { run: run.into(), progress, tasks: Vec::new() }
    }

    #[tokio::test]
    async fn a_slow_listener_gets_the_newest_amounts_and_every_stale_tag() {
        let bus = Bus::default();
        let mut listener = bus.listen();
        for n in 0..1000 {
            bus.send(&amounts("a", n));
            bus.send(&Event::Changed { tags: vec![Tag::Run(format!("{}", n % 3))] });
        }
        let Event::Changed { tags } = listener.next().await else { panic!("stale tags come first") };
        assert_eq!(tags.len(), 3);
        assert_eq!(listener.next().await, amounts("a", 999));
    }

    #[tokio::test]
    async fn too_many_stale_tags_become_everything() {
        let bus = Bus::default();
        let mut listener = bus.listen();
        for n in 0..5000 {
            bus.send(&Event::Changed { tags: vec![Tag::Run(n.to_string())] });
        }
        assert_eq!(listener.next().await, Event::Everything);
    }

    #[test]
    fn who_no_longer_listens_is_forgotten() {
        let bus = Bus::default();
        let listener = bus.listen();
        assert!(bus.heard());
        drop(listener);
        assert!(!bus.heard());
        bus.send(&Event::Raise);
        assert!(lock(&bus.listeners).is_empty());
    }
}
