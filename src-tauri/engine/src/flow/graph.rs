//! The structure of a flow, laid out in layers. Depends on the structure alone, so a state that changes moves nothing.

use std::collections::HashSet;

use serde::Serialize;

use super::{Flow, Role, Task};

/// Times that the layers are ordered anew, down and up.
const SWEEPS: usize = 6;

/// A flow's structure. `key` is the same as long as the structure is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Graph {
    /// Digest of the structure.
    pub key: String,
    /// Tasks, in the order of the flow.
    pub nodes: Vec<Node>,
    /// What needs what.
    pub edges: Vec<Edge>,
}

/// A task in a graph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// Task.
    pub id: String,
    /// Kind of task.
    pub uses: String,
    /// Has `for_each`.
    pub mapped: bool,
    /// What part it has.
    pub role: Role,
    /// Group of tasks that it is shown in.
    pub group: Option<String>,
    /// Is a setup or a teardown: `setup`, `teardown`.
    pub part: Option<&'static str>,
    /// Condition.
    pub when: Option<String>,
    /// Trigger rule.
    pub trigger: &'static str,
    /// Place in its row, in columns; a row lies around 0.
    pub x: f64,
    /// Row: its layer, from the top.
    pub y: f64,
}

/// What needs what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The task that comes first.
    pub from: String,
    /// The task that needs it.
    pub to: String,
    /// A longer way between the two says it already: it is not drawn, and the layout leaves it out.
    pub implied: bool,
}

impl Flow {
    /// Its structure, laid out.
    pub fn graph(&self) -> Graph {
        let implied = implied(&self.tasks);
        let places = Layers::of(&self.tasks, &implied).places(self.tasks.len());
        let nodes = self.tasks.iter().zip(places).map(|(task, (x, y))| node(task, x, y)).collect();
        let edge = |from: usize, to: usize| {
            let id = |task: usize| self.tasks[task].id.clone();
            Edge { from: id(from), to: id(to), implied: implied.contains(&(from, to)) }
        };
        let tasks = self.tasks.iter().enumerate();
        let edges = tasks.flat_map(|(from, task)| task.needed_by.iter().map(move |to| edge(from, *to))).collect();
        Graph { key: self.structure(), nodes, edges }
    }

    fn structure(&self) -> String {
        let part =
            |task: &Task| (&task.id, &task.uses, task.role, task.mapped(), &task.needs, &task.group).serialize_text();
        let text: String = self.tasks.iter().map(part).collect();
        let mut digest = super::check::digest(text.as_bytes());
        digest.truncate(16);
        digest
    }
}

trait SerializeText {
    fn serialize_text(&self) -> String;
}

impl<T: Serialize> SerializeText for T {
    fn serialize_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn node(task: &Task, x: f64, y: f64) -> Node {
    Node {
        id: task.id.clone(),
        uses: task.uses.clone(),
        mapped: task.mapped(),
        role: task.role,
        group: task.group.clone(),
        part: if task.setup { Some("setup") } else { (!task.teardown.is_empty()).then_some("teardown") },
        when: task.when_text.clone(),
        trigger: task.trigger.word(),
        x,
        y,
    }
}

/// A place in a layer: a task, or a bend of an edge that passes through.
#[derive(Default)]
struct Place {
    task: Option<usize>,
    /// Places in the layer before that lead here, and in the layer after that this leads to.
    before: Vec<usize>,
    after: Vec<usize>,
}

struct Layers {
    places: Vec<Place>,
    /// Places by layer, in order.
    layers: Vec<Vec<usize>>,
}

impl Layers {
    fn of(tasks: &[Task], implied: &HashSet<(usize, usize)>) -> Self {
        let depth = depths(tasks);
        let count = depth.iter().max().map_or(0, |deepest| deepest + 1);
        let mut layers = Self { places: Vec::new(), layers: vec![Vec::new(); count] };
        for (i, layer) in depth.iter().enumerate() {
            layers.add(Some(i), *layer);
        }
        for (i, task) in tasks.iter().enumerate() {
            let drawn = task.needs.iter().filter(|need| !implied.contains(&(**need, i)));
            drawn.for_each(|need| layers.connect(*need, i, depth[*need], depth[i]));
        }
        (0..SWEEPS).for_each(|sweep| layers.sweep(sweep % 2 == 0));
        layers
    }

    fn add(&mut self, task: Option<usize>, layer: usize) -> usize {
        self.places.push(Place { task, ..Place::default() });
        self.layers[layer].push(self.places.len() - 1);
        self.places.len() - 1
    }

    fn connect(&mut self, from: usize, to: usize, start: usize, end: usize) {
        let mut last = from;
        for layer in start + 1..end {
            let bend = self.add(None, layer);
            self.link(last, bend);
            last = bend;
        }
        self.link(last, to);
    }

    fn link(&mut self, from: usize, to: usize) {
        self.places[from].after.push(to);
        self.places[to].before.push(from);
    }

    /// Orders each layer by the middle of what its places hang on.
    fn sweep(&mut self, down: bool) {
        let mut row = vec![0.0_f64; self.places.len()];
        self.layers.iter().for_each(|layer| spread(layer, &mut row));
        let order: Vec<usize> =
            if down { (0..self.layers.len()).collect() } else { (0..self.layers.len()).rev().collect() };
        for i in order {
            let mut layer = std::mem::take(&mut self.layers[i]);
            let middle = |place: usize| {
                let of = if down { &self.places[place].before } else { &self.places[place].after };
                if of.is_empty() { row[place] } else { of.iter().map(|p| row[*p]).sum::<f64>() / of.len() as f64 }
            };
            layer.sort_by(|a, b| middle(*a).total_cmp(&middle(*b)));
            spread(&layer, &mut row);
            self.layers[i] = layer;
        }
    }

    /// Column and row of each task.
    fn places(&self, tasks: usize) -> Vec<(f64, f64)> {
        let mut across = vec![0.0; self.places.len()];
        let mut found = vec![(0.0, 0.0); tasks];
        for (down, layer) in self.layers.iter().enumerate() {
            spread(layer, &mut across);
            for place in layer {
                if let Some(task) = self.places[*place].task {
                    found[task] = (across[*place], down as f64);
                }
            }
        }
        found
    }
}

/// Rows of a layer, one apart, around 0.
fn spread(layer: &[usize], row: &mut [f64]) {
    let middle = (layer.len() as f64 - 1.0) / 2.0;
    layer.iter().enumerate().for_each(|(i, place)| row[*place] = i as f64 - middle);
}

/// Needs, from and to, that follow from others: a task that reads the output of the first one needs it too, and a drawing with all of those is
/// lines and nothing else. What each task leads to is a row of bits.
fn implied(tasks: &[Task]) -> HashSet<(usize, usize)> {
    let mut leads = vec![vec![0_u64; tasks.len().div_ceil(64)]; tasks.len()];
    let mut found = HashSet::new();
    let all: Vec<usize> = (0..tasks.len()).collect();
    for from in in_order(tasks, &all).into_iter().rev() {
        let mut beyond = vec![0_u64; tasks.len().div_ceil(64)];
        for to in &tasks[from].needed_by {
            beyond.iter_mut().zip(&leads[*to]).for_each(|(sum, more)| *sum |= more);
        }
        for to in &tasks[from].needed_by {
            if beyond[to / 64] & (1 << (to % 64)) != 0 {
                found.insert((from, *to));
            }
            leads[from][to / 64] |= 1 << (to % 64);
        }
        leads[from].iter_mut().zip(beyond).for_each(|(sum, more)| *sum |= more);
    }
    found
}

/// Layer of each task: one more than the deepest that it needs. Hooks begin after the last task, those at the end after the others.
fn depths(tasks: &[Task]) -> Vec<usize> {
    let mut depth = vec![0; tasks.len()];
    let mut first = 0;
    for roles in [&[Role::Task][..], &[Role::OnFailure, Role::OnCancel, Role::OnRetry], &[Role::Finally]] {
        let members: Vec<usize> = (0..tasks.len()).filter(|i| roles.contains(&tasks[*i].role)).collect();
        for i in in_order(tasks, &members) {
            let deepest = tasks[i].needs.iter().map(|need| depth[*need] + 1).max();
            depth[i] = deepest.unwrap_or(first);
        }
        first = members.iter().map(|i| depth[*i] + 1).max().unwrap_or(first);
    }
    depth
}

/// These tasks, each after those that it needs.
fn in_order(tasks: &[Task], members: &[usize]) -> Vec<usize> {
    let mut waits: Vec<usize> = tasks.iter().map(|task| task.needs.len()).collect();
    let mut order: Vec<usize> = members.iter().copied().filter(|i| waits[*i] == 0).collect();
    let mut next = 0;
    while let Some(i) = order.get(next).copied() {
        next += 1;
        for to in &tasks[i].needed_by {
            waits[*to] -= 1;
            if waits[*to] == 0 {
                order.push(*to);
            }
        }
    }
    order
}
