//! Functions of `index.js` that make rows. An object that JavaScript makes itself, from values in
//! their order, costs a fraction of one that is built property by property from here.

use super::js::{Js, JsResult, Reference, Scope};
use crate::value::Row;
use std::cell::RefCell;
use std::sync::{Arc, Weak};

/// The names of a row's properties.
type Names = [Arc<str>];

/// What a function makes: a row, or the rows of a session and its user. Rows of one kind share their
/// names, so that these are told apart by where they are in memory.
#[derive(Debug)]
struct Shape {
    names: Weak<Names>,
    user: Option<Weak<Names>>,
    omit_null: bool,
    make: Reference,
}

fn is(weak: &Weak<Names>, names: &Arc<Names>) -> bool {
    std::ptr::addr_eq(weak.as_ptr(), Arc::as_ptr(names))
}

impl Shape {
    fn fits(&self, row: &Row, user: Option<&Row>) -> bool {
        is(&self.names, &row.names)
            && self.omit_null == row.omit_null
            && match (&self.user, user) {
                (None, None) => true,
                (Some(names), Some(user)) => is(names, &user.names),
                _ => false,
            }
    }

    /// Whether any adapter still has rows of this kind.
    fn is_alive(&self) -> bool {
        self.names.strong_count() > 0
            && self.user.as_ref().is_none_or(|names| names.strong_count() > 0)
    }
}

/// The functions that a realm has made so far. The realm's object holds them, so that they go with
/// it.
#[derive(Debug, Default)]
pub struct Known(RefCell<Vec<Shape>>);

impl Known {
    /// Gives the references up.
    pub fn forget(&self, scope: Scope<'_>) {
        for shape in self.0.take() {
            scope.forget(shape.make);
        }
    }
}

/// A realm's functions that make rows, and what else is needed for that.
#[derive(Debug)]
pub struct Shapes<'r, 's> {
    /// The functions made so far.
    pub known: &'r Known,
    /// What `index.js` gave.
    pub object: Js<'s>,
    /// The realm's `Date`.
    pub date: Js<'s>,
}

impl<'s> Shapes<'_, 's> {
    /// The function that makes rows of this kind.
    pub fn row(&self, scope: Scope<'s>, row: &Row) -> JsResult<Js<'s>> {
        self.find(scope, row, None)
    }

    /// The function that makes a session and its user.
    pub fn pair(&self, scope: Scope<'s>, session: &Row, user: &Row) -> JsResult<Js<'s>> {
        self.find(scope, session, Some(user))
    }

    fn find(&self, scope: Scope<'s>, row: &Row, user: Option<&Row>) -> JsResult<Js<'s>> {
        let known = self.known.0.borrow();
        match known.iter().find(|shape| shape.fits(row, user)) {
            Some(shape) => scope.recall(&shape.make),
            None => {
                drop(known);
                self.add(scope, row, user)
            }
        }
    }

    fn add(&self, scope: Scope<'s>, row: &Row, user: Option<&Row>) -> JsResult<Js<'s>> {
        let names = names(scope, row)?;
        let make = match user {
            None => {
                let make = scope.get(self.object, "row")?;
                scope.call(make, &[names, scope.boolean(row.omit_null)?])?
            }
            Some(user) => {
                let make = scope.get(self.object, "pair")?;
                scope.call(make, &[names, self::names(scope, user)?])?
            }
        };
        let shape = Shape {
            names: Arc::downgrade(&row.names),
            user: user.map(|user| Arc::downgrade(&user.names)),
            omit_null: row.omit_null,
            make: scope.reference(make)?,
        };
        let mut known = self.known.0.borrow_mut();
        let (alive, gone) = known.drain(..).partition(Shape::is_alive);
        *known = alive;
        known.push(shape);
        let held = scope.array(known.len())?;
        for (index, shape) in (0..).zip(known.iter()) {
            scope.set_element(held, index, scope.recall(&shape.make)?)?;
        }
        scope.set(self.object, "made", held)?;
        for shape in gone {
            scope.forget(shape.make);
        }
        Ok(make)
    }
}

fn names<'s>(scope: Scope<'s>, row: &Row) -> JsResult<Js<'s>> {
    let names = scope.array(row.names.len())?;
    for (index, name) in (0..).zip(row.names.iter()) {
        scope.set_element(names, index, scope.text(name)?)?;
    }
    Ok(names)
}
