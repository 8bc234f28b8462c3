//! The functions of an adapter: for each its JavaScript name, its arguments, and the operation.

use super::answer::Answer;
use super::argument::Arguments;
use crate::adapter::Call;
use crate::engine::BoxFuture;
use crate::error::Result;

/// A call whose arguments have been read.
pub type Started = Box<dyn FnOnce(Call) -> BoxFuture<'static, Result<Answer>> + Send>;

/// A function of an adapter.
#[derive(Debug)]
pub struct Operation {
    /// Its name in JavaScript.
    pub name: &'static str,
    /// The function that errors and events name: of a part, the one that is made of it.
    pub operation: &'static str,
    /// Whether the application may have a function that makes an id for it.
    pub makes_id: bool,
    /// Whether it is about one tenant's rows, where there are tenants.
    pub scoped: bool,
    /// Whether it is a part that `index.js` makes a function of, and not an adapter's own.
    pub is_part: bool,
    /// Reads the arguments.
    pub start: fn(&Arguments<'_>) -> Result<Started>,
}

/// One line a function: the name in JavaScript, the operation, and how each argument is read.
macro_rules! operations {
    ($($name:literal => $operation:ident($($read:ident $argument:literal),*);)*) => {
        /// Every function but `close`.
        #[allow(unused_mut, unused_variables, reason = "some functions take no argument")]
        pub static OPERATIONS: &[Operation] = &[$(Operation {
            name: $name,
            operation: match $name.as_bytes() {
                b"lockAccount" | b"unlockAccount" => "withAccountLock",
                _ => $name,
            },
            makes_id: matches!($name.as_bytes(), b"createUser"),
            scoped: !matches!(
                $name.as_bytes(),
                b"cleanup" | b"rekey" | b"check" | b"migrate" | b"ping" | b"stats"
            ),
            is_part: matches!($name.as_bytes(), b"lockAccount" | b"unlockAccount"),
            start: |arguments| {
                let mut index = 0..;
                let values = ($(arguments.$read(index.next().unwrap_or(0), $argument)?,)*);
                Ok(Box::new(move |call: Call| Box::pin(async move {
                    operations!(@call call, $operation, values, $($argument),*)
                        .await
                        .map(Answer::from)
                })))
            },
        }),*];
    };
    (@call $call:ident, $operation:ident, $values:ident,) => {{
        let () = $values;
        $call.$operation()
    }};
    (@call $call:ident, $operation:ident, $values:ident, $a:literal) => {
        $call.$operation($values.0)
    };
    (@call $call:ident, $operation:ident, $values:ident, $a:literal, $b:literal) => {
        $call.$operation($values.0, $values.1)
    };
}

operations! {
    "createUser" => create_user(record "user");
    "getUser" => get_user(key "id");
    "getUserByEmail" => get_user_by_email(key "email");
    "getUserByAccount" => get_user_by_account(optional_record "account");
    "updateUser" => update_user(record "user");
    "deleteUser" => delete_user(key "id");
    "linkAccount" => link_account(record "account");
    "unlinkAccount" => unlink_account(optional_record "account");
    "createSession" => create_session(record "session");
    "getSessionAndUser" => get_session_and_user(key "sessionToken");
    "updateSession" => update_session(record "session");
    "deleteSession" => delete_session(key "sessionToken");
    "createVerificationToken" => create_verification_token(record "verificationToken");
    "useVerificationToken" => use_verification_token(optional_record "params");
    "deleteVerificationTokens" => delete_verification_tokens(key "identifier");
    "getAccount" => get_account(key "providerAccountId", key "provider");
    "getAuthenticator" => get_authenticator(key "credentialID");
    "createAuthenticator" => create_authenticator(record "authenticator");
    "listAuthenticatorsByUserId" => list_authenticators_by_user_id(key "userId");
    "updateAuthenticatorCounter" => update_authenticator_counter(key "credentialID", value "newCounter");
    "listSessions" => list_sessions(key "userId", optional_record "options");
    "deleteSessionsByUser" => delete_sessions_by_user(key "userId", optional_record "which");
    "createSessionFor" => create_session_for(key "userId", optional_record "options");
    "listAccounts" => list_accounts(key "userId");
    "updateAccount" => update_account(record "account");
    "lockAccount" => lock_account(record "account", key "owner");
    "unlockAccount" => unlock_account(record "account", key "owner");
    "cleanup" => cleanup();
    "check" => check();
    "migrate" => migrate(optional_record "options");
    "rekey" => rekey(optional_record "options");
    "ping" => ping();
    "stats" => stats();
}
