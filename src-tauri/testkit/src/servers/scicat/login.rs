//! Logging in, and who is logged in.

use serde_json::{Value, json};

use super::call::Call;
use super::reply::{Reply, unauthorized};
use super::state::{State, Token, written};

pub(super) fn answer(state: &mut State, call: &Call, action: &str) -> Reply {
    match (call.method.as_str(), action) {
        ("POST", "login" | "ldap" | "msad") => login(state, call),
        ("POST", "logout") => Ok((200, json!({"logout": "successful"}))),
        ("GET", "whoami") => {
            let user = call.login()?;
            Ok((200, json!({"id": user.name, "username": user.name, "email": format!("{}@example.org", user.name)})))
        }
        _ => Err(call.nothing_there()),
    }
}

fn login(state: &mut State, call: &Call) -> Reply {
    let given = |field: &str| call.body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, password) = (given("username"), given("password"));
    let known = state.users.iter().any(|user| user.name == name && user.password == password);
    if !known {
        return Err(unauthorized());
    }
    let token = format!("token-of-{name}-{}", state.next_id());
    state.tokens.insert(token.clone(), Token { user: name.clone(), expires: state.now + state.ttl * 1000 });
    let body = json!({"access_token": token, "id": token, "expires_in": state.ttl, "ttl": state.ttl,
        "created": written(state.now), "userId": name, "user": {"username": name}});
    Ok((201, body))
}

pub(super) fn identity(state: &State, call: &Call) -> Reply {
    let user = call.login()?;
    let body = json!({"userId": user.name, "authStrategy": "local", "provider": "local", "created": written(state.now),
        "profile": {"username": user.name, "displayName": user.name, "accessGroups": user.groups}});
    Ok((200, body))
}
