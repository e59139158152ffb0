//! From a name on the wire to the answer of the operation of that name.

use std::any::Any;
use std::sync::Arc;

use longshore_engine::Fault;
use longshore_flows::secrets;
use serde_json::Value;

use super::Owner;
use crate::fault;
use crate::wire::{self, Event, Operation, for_operations};

/// How the owner answers an operation. One implementation for each, so that none can be forgotten.
pub(super) trait Answer<O: Operation> {
    /// The answer.
    fn answer(self: &Arc<Self>, args: O::Args) -> impl Future<Output = Result<O::Reply, Fault>> + Send;
}

/// A reply of the type that its operation states. Only whoever is elsewhere needs it as JSON.
pub(in crate::owner) struct Reply {
    plain: Box<dyn Any + Send>,
    json: fn(Box<dyn Any + Send>) -> Result<Value, Fault>,
}

impl Reply {
    fn of<O: Operation>(reply: O::Reply) -> Self {
        Self { plain: Box::new(reply), json: |plain| json_of::<O>(plain) }
    }

    pub(in crate::owner) fn into_json(self) -> Result<Value, Fault> {
        (self.json)(self.plain)
    }

    /// The reply itself, if it is one of this operation.
    pub(in crate::owner) fn into_plain<O: Operation>(self) -> Result<O::Reply, Fault> {
        self.plain.downcast().map(|reply| *reply).map_err(|_| fault::unknown_operation(O::NAME))
    }
}

fn json_of<O: Operation>(plain: Box<dyn Any + Send>) -> Result<Value, Fault> {
    let reply: Box<O::Reply> = plain.downcast().map_err(|_| fault::unknown_operation(O::NAME))?;
    serde_json::to_value(reply).map_err(|error| fault::wire(O::NAME, &error))
}

macro_rules! dispatch {
    ($($(#[$doc:meta])* $kind:ident $name:ident = $wire:literal [$($tag:tt)*]: $args:ty => $reply:ty;)*) => {
        /// Answers the operation of this name.
        pub(super) async fn dispatch(owner: &Arc<Owner>, op: &str, args: Value) -> Result<Reply, Fault> {
            match op {
                // Boxed one by one: the state of one call then does not take up the room of the largest.
                $($wire => Box::pin(call::<wire::$name>(owner, args)).await,)*
                _ => Err(fault::unknown_operation(op)),
            }
        }
    };
}
for_operations!(dispatch);

async fn call<O: Operation>(owner: &Arc<Owner>, args: Value) -> Result<Reply, Fault>
where
    Owner: Answer<O>,
{
    let args = if args.is_null() { Value::Object(serde_json::Map::new()) } else { args };
    let args: O::Args = serde_json::from_value(args).map_err(|error| fault::wire(O::NAME, &error))?;
    let tags = O::tags(&args);
    let answer = Answer::<O>::answer(owner, args).await;
    let reply = answer.map_err(|fault| secrets::known().mask_fault(fault))?;
    if O::WRITES && !tags.is_empty() {
        owner.bus.send(&Event::Changed { tags });
    }
    Ok(Reply::of::<O>(reply))
}
