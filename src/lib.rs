//! The database adapter for NextAuth.js / Auth.js. JavaScript sees one function, `bind`, which
//! `index.js` turns into `SqlxAdapter`.
//!
//! The floors, each of which knows only those below it: `bridge` (JavaScript's values and
//! promises), `adapter` (what the operations mean), `batch` (how calls reach a database), `schema`
//! (tables and SQL), `engine` (the databases), and the ground: `value`, `error`, `options`,
//! `crypto`.

pub mod adapter;
pub mod batch;
mod bridge;
pub mod crypto;
pub mod engine;
pub mod error;
pub mod options;
pub mod schema;
pub mod value;

use napi::bindgen_prelude::{Function, Object};
use napi_derive::napi;

/// Gives the function `SqlxAdapter` to one loading of `index.js`, which gives its error class,
/// `Date`, clock, environment and warnings in return.
///
/// # Errors
/// The Node-API's own.
#[napi(catch_unwind, skip_typescript)]
pub fn bind<'a>(
    env: &'a napi::Env,
    realm: Object<'_>,
) -> napi::Result<Function<'a, (), bridge::Returned>> {
    bridge::bind(env, &realm)
}
