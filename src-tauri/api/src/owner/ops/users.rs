//! Users of the interfaces that are reached over a network. Passwords are kept as hashes (Argon2id, with the parameters that OWASP asks
//! for), each with a salt of its own.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use longshore_engine::Fault;
use longshore_store::UserRecord;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{
    HiddenText, Nothing, UserAdd, UserAddArgs, UserArgs, UserCheck, UserCheckArgs, UserList, UserPassword,
    UserPasswordArgs, UserRemove, UserRole, UserRow,
};

/// Characters of a name at most.
const NAME: usize = 64;
/// Characters of a password at least.
const SHORTEST: usize = 8;
/// Bytes of a password at most: more would only cost time.
const LONGEST: usize = 1_024;

/// What a password is compared with where there is no such user, so that the answer takes as long as for one that there is.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hashed("nobody's password").ok());

impl Answer<UserList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<UserRow>, Fault> {
        self.ask(|owner| Ok(owner.store.users()?.into_iter().map(row).collect())).await
    }
}

impl Answer<UserAdd> for Owner {
    async fn answer(self: &Arc<Self>, args: UserAddArgs) -> Result<UserRow, Fault> {
        let UserAddArgs { user: name, role, password: HiddenText(password), .. } = args;
        check_name(&name)?;
        self.ask(move |owner| {
            let (hash, now) = (hashed(&password)?, owner.clock.now().0);
            let user = UserRecord { name, role: word(role).to_owned(), hash, made: now, changed: now };
            match owner.store.add_user(&user) {
                Err(longshore_store::Error::Taken { value, .. }) => Err(exists(&value)),
                other => Ok(other?),
            }?;
            Ok(row(user))
        })
        .await
    }
}

impl Answer<UserPassword> for Owner {
    async fn answer(self: &Arc<Self>, args: UserPasswordArgs) -> Result<UserRow, Fault> {
        let UserPasswordArgs { user: name, password: HiddenText(password), .. } = args;
        self.ask(move |owner| {
            let hash = hashed(&password)?;
            owner.store.set_user_hash(&name, &hash, owner.clock.now().0).map_err(|_| unknown(&name))?;
            owner.store.user(&name)?.map(row).ok_or_else(|| unknown(&name))
        })
        .await
    }
}

impl Answer<UserRemove> for Owner {
    async fn answer(self: &Arc<Self>, args: UserArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| owner.store.remove_user(&args.user).map_err(|_| unknown(&args.user))).await?;
        Ok(Nothing {})
    }
}

impl Answer<UserCheck> for Owner {
    async fn answer(self: &Arc<Self>, args: UserCheckArgs) -> Result<Option<UserRow>, Fault> {
        let UserCheckArgs { user: name, password: HiddenText(password) } = args;
        self.ask(move |owner| {
            let user = owner.store.user(&name)?;
            let hash = user.as_ref().map(|user| user.hash.as_str()).or(NOBODY.as_deref());
            let right = password.len() <= LONGEST && hash.is_some_and(|hash| is_of(&password, hash));
            Ok(user.filter(|_| right).map(row))
        })
        .await
    }
}

fn row(user: UserRecord) -> UserRow {
    // A word that this version does not know lets nobody change anything.
    let role = if user.role == word(UserRole::Admin) { UserRole::Admin } else { UserRole::Viewer };
    UserRow { name: user.name, role, changed: user.changed }
}

fn word(role: UserRole) -> &'static str {
    match role {
        UserRole::Admin => "admin",
        UserRole::Viewer => "viewer",
    }
}

fn hashed(password: &str) -> Result<String, Fault> {
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        let why = format!("It has fewer than {SHORTEST} characters, or more than {LONGEST} bytes");
        return Err(Fault::permanent("user.password", "The password was not taken", why));
    }
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|error| Fault::fatal("user.password", "The password was not taken", error.to_string()))?;
    Ok(hash.to_string())
}

fn is_of(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

fn check_name(name: &str) -> Result<(), Fault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if name.is_empty() || name.len() > NAME || !name.chars().all(plain) {
        let why = format!("{name:?} is not a name of letters, digits, `.`, `-`, `_` and `@`, at most {NAME}");
        return Err(Fault::permanent("user.name", "The user was not made", why));
    }
    Ok(())
}

fn exists(name: &str) -> Fault {
    Fault::permanent("user.exists", format!("The user {name} was not made"), "There is one of this name")
        .now(format!("Give them another password with: longshore user password {name}"))
}

fn unknown(name: &str) -> Fault {
    Fault::permanent("user.unknown", format!("There is no user {name:?}"), "Nobody has made one of this name")
        .now("See the users with: longshore user list")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_and_by_nothing_else() {
        let (one, two) = (hashed("correct horse").unwrap(), hashed("correct horse").unwrap());
        assert_ne!(one, two, "each has a salt of its own");
        assert!(one.starts_with("$argon2id$") && is_of("correct horse", &one) && !is_of("wrong horse", &one));
        assert!(!is_of("correct horse", "no hash"));
        assert_eq!(hashed("short").unwrap_err().code, "user.password");
    }

    #[test]
    fn names_are_checked() {
        check_name("ada.l-1@site").unwrap();
        for name in ["", "with space", "a:b", "é"] {
            assert_eq!(check_name(name).unwrap_err().code, "user.name", "{name}");
        }
    }
}
