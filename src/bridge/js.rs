//! JavaScript values by the Node-API: a thin, safe layer, so that the rest of the bridge holds no
//! pointers. <https://nodejs.org/api/n-api.html>

use napi::sys;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

/// A JavaScript exception is pending, or the environment is going away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thrown;

/// The result of what may throw.
pub type JsResult<T> = Result<T, Thrown>;

/// An environment, on its own thread, within a handle scope that lasts for `'s`.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s> {
    env: sys::napi_env,
    scope: PhantomData<&'s ()>,
}

/// A value that lives as long as its scope.
#[derive(Debug, Clone, Copy)]
pub struct Js<'s> {
    raw: sys::napi_value,
    scope: PhantomData<&'s ()>,
}

/// What `typeof` says, and whether `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Undefined,
    Null,
    Boolean,
    Number,
    Text,
    Symbol,
    Object,
    Function,
    BigInt,
}

/// A promise's other end. It may move between threads, but is used on its own.
#[derive(Debug)]
pub struct Deferred(sys::napi_deferred);

// SAFETY: the pointer is only carried by other threads; it is used by `Scope::settle`, which a
// `Scope` restricts to the environment's own thread.
unsafe impl Send for Deferred {}

/// A value kept beyond its scope: weakly, until `hold` is called.
#[derive(Debug)]
pub struct Reference(sys::napi_ref);

fn check(status: sys::napi_status) -> JsResult<()> {
    if status == sys::Status::napi_ok { Ok(()) } else { Err(Thrown) }
}

impl<'s> Scope<'s> {
    /// Takes an environment that a callback of it was given.
    ///
    /// # Safety
    /// `env` is valid, this is its thread, and a handle scope is open for the whole of `'s`.
    pub unsafe fn from_raw(env: sys::napi_env) -> Self {
        Scope { env, scope: PhantomData }
    }

    /// The environment.
    pub fn env(self) -> sys::napi_env {
        self.env
    }

    /// Takes a value that belongs to this scope.
    ///
    /// # Safety
    /// `raw` is a handle of this environment and of a scope that is open for the whole of `'s`.
    pub unsafe fn value(self, raw: sys::napi_value) -> Js<'s> {
        Js { raw, scope: PhantomData }
    }

    /// Calls a function of the Node-API that gives a value.
    fn give(
        self,
        call: impl FnOnce(sys::napi_env, *mut sys::napi_value) -> sys::napi_status,
    ) -> JsResult<Js<'s>> {
        let mut raw = ptr::null_mut();
        check(call(self.env, &mut raw))?;
        Ok(Js { raw, scope: PhantomData })
    }

    /// Runs something in a handle scope of its own, so that its values can be collected after it.
    pub fn nested<T>(self, run: impl FnOnce(Scope<'_>) -> T) -> JsResult<T> {
        let mut handles = ptr::null_mut();
        // SAFETY: `self` proves a valid environment on its thread; the out-pointer is ours.
        check(unsafe { sys::napi_open_handle_scope(self.env, &mut handles) })?;
        // The closure's values cannot leave it: their lifetime is that of its own argument.
        let result = run(Scope { env: self.env, scope: PhantomData });
        // SAFETY: the scope was opened above and is closed once, in reverse order of opening.
        check(unsafe { sys::napi_close_handle_scope(self.env, handles) })?;
        Ok(result)
    }

    pub fn undefined(self) -> JsResult<Js<'s>> {
        // SAFETY: a valid environment on its thread, and an out-pointer of ours, by `give`.
        self.give(|env, out| unsafe { sys::napi_get_undefined(env, out) })
    }

    pub fn null(self) -> JsResult<Js<'s>> {
        // SAFETY: as in `undefined`.
        self.give(|env, out| unsafe { sys::napi_get_null(env, out) })
    }

    pub fn boolean(self, value: bool) -> JsResult<Js<'s>> {
        // SAFETY: as in `undefined`.
        self.give(|env, out| unsafe { sys::napi_get_boolean(env, value, out) })
    }

    pub fn number(self, value: f64) -> JsResult<Js<'s>> {
        // SAFETY: as in `undefined`.
        self.give(|env, out| unsafe { sys::napi_create_double(env, value, out) })
    }

    pub fn text(self, text: &str) -> JsResult<Js<'s>> {
        let length = isize::try_from(text.len()).map_err(|_| Thrown)?;
        let start = text.as_ptr().cast();
        if text.is_ascii() {
            // The same bytes in both, and Node need not look for longer sequences.
            // SAFETY: as below.
            return self.give(|env, out| unsafe {
                sys::napi_create_string_latin1(env, start, length, out)
            });
        }
        // SAFETY: as in `undefined`; pointer and length are those of a `str` that outlives the call.
        self.give(|env, out| unsafe { sys::napi_create_string_utf8(env, start, length, out) })
    }

    pub fn object(self) -> JsResult<Js<'s>> {
        // SAFETY: as in `undefined`.
        self.give(|env, out| unsafe { sys::napi_create_object(env, out) })
    }

    pub fn array(self, length: usize) -> JsResult<Js<'s>> {
        // SAFETY: as in `undefined`.
        self.give(|env, out| unsafe { sys::napi_create_array_with_length(env, length, out) })
    }

    pub fn set(self, object: Js<'_>, name: &str, value: Js<'_>) -> JsResult<()> {
        let name = self.text(name)?;
        // SAFETY: all three are live handles of this environment.
        check(unsafe { sys::napi_set_property(self.env, object.raw, name.raw, value.raw) })
    }

    pub fn set_element(self, array: Js<'_>, index: u32, value: Js<'_>) -> JsResult<()> {
        // SAFETY: both are live handles of this environment.
        check(unsafe { sys::napi_set_element(self.env, array.raw, index, value.raw) })
    }

    /// Sets a property that neither `Object.keys` nor spreading shows, and nothing changes.
    pub fn set_hidden(self, object: Js<'_>, name: &str, value: Js<'_>) -> JsResult<()> {
        let name = self.text(name)?;
        let property = sys::napi_property_descriptor {
            utf8name: ptr::null(),
            name: name.raw,
            method: None,
            getter: None,
            setter: None,
            value: value.raw,
            attributes: sys::PropertyAttributes::default,
            data: ptr::null_mut(),
        };
        // SAFETY: live handles, and one descriptor that outlives the call.
        check(unsafe { sys::napi_define_properties(self.env, object.raw, 1, &property) })
    }

    pub fn get(self, object: Js<'_>, name: &str) -> JsResult<Js<'s>> {
        let name = self.text(name)?;
        self.property(object, name)
    }

    /// Calls a function of `JSON`.
    pub fn json(self, function: &str, argument: Js<'_>) -> JsResult<Js<'s>> {
        // SAFETY: an out-pointer of ours.
        let global = self.give(|env, out| unsafe { sys::napi_get_global(env, out) })?;
        let json = self.get(global, "JSON")?;
        self.call(self.get(json, function)?, &[argument])
    }

    /// An object's own property: not one that `Object.prototype` may have been given.
    pub fn own(self, object: Js<'_>, name: &str) -> JsResult<Option<Js<'s>>> {
        let name = self.text(name)?;
        let mut has = false;
        // SAFETY: both are live handles, and an out-pointer of ours; a proxy may throw.
        check(unsafe { sys::napi_has_own_property(self.env, object.raw, name.raw, &mut has) })?;
        if has { self.property(object, name).map(Some) } else { Ok(None) }
    }

    pub fn property(self, object: Js<'_>, name: Js<'_>) -> JsResult<Js<'s>> {
        // SAFETY: both are live handles; a getter or a proxy may run and throw, which gives `Thrown`.
        self.give(|env, out| unsafe { sys::napi_get_property(env, object.raw, name.raw, out) })
    }

    pub fn element(self, array: Js<'_>, index: u32) -> JsResult<Js<'s>> {
        // SAFETY: a live handle; a proxy may throw, which gives `Thrown`.
        self.give(|env, out| unsafe { sys::napi_get_element(env, array.raw, index, out) })
    }

    /// The names of an object's own enumerable properties, symbols excepted.
    pub fn own_names(self, object: Js<'_>) -> JsResult<Js<'s>> {
        // SAFETY: a live handle; a proxy may throw, which gives `Thrown`.
        self.give(|env, out| unsafe {
            sys::napi_get_all_property_names(
                env,
                object.raw,
                sys::KeyCollectionMode::own_only,
                sys::KeyFilter::enumerable | sys::KeyFilter::skip_symbols,
                sys::KeyConversion::numbers_to_strings,
                out,
            )
        })
    }

    pub fn length(self, array: Js<'_>) -> JsResult<u32> {
        let mut length = 0;
        // SAFETY: a live handle and an out-pointer of ours.
        check(unsafe { sys::napi_get_array_length(self.env, array.raw, &mut length) })?;
        Ok(length)
    }

    pub fn is_array(self, value: Js<'_>) -> JsResult<bool> {
        let mut is = false;
        // SAFETY: a live handle and an out-pointer of ours.
        check(unsafe { sys::napi_is_array(self.env, value.raw, &mut is) })?;
        Ok(is)
    }

    /// The time of a `Date`, of any realm; NaN if it is invalid. `None`: it is no `Date`.
    pub fn date(self, value: Js<'_>) -> JsResult<Option<f64>> {
        let mut is = false;
        // SAFETY: a live handle and an out-pointer of ours.
        check(unsafe { sys::napi_is_date(self.env, value.raw, &mut is) })?;
        if !is {
            return Ok(None);
        }
        let mut time = f64::NAN;
        // SAFETY: the handle is a Date, by the check above.
        check(unsafe { sys::napi_get_date_value(self.env, value.raw, &mut time) })?;
        Ok(Some(time))
    }

    /// Whether it is a Buffer or another view of bytes.
    pub fn is_bytes(self, value: Js<'_>) -> JsResult<bool> {
        let mut is = false;
        // SAFETY: a live handle and an out-pointer of ours.
        check(unsafe { sys::napi_is_typedarray(self.env, value.raw, &mut is) })?;
        Ok(is)
    }

    /// The first bytes of a `Uint8Array`, as many as any option takes and one; none of another array.
    pub fn bytes(self, value: Js<'_>) -> JsResult<Vec<u8>> {
        const MOST: usize = 33;
        let (mut kind, mut length, mut data) = (0, 0, ptr::null_mut());
        let (mut buffer, mut offset) = (ptr::null_mut(), 0);
        // SAFETY: a live handle and out-pointers of ours; what is no typed array gives an error status.
        check(unsafe {
            sys::napi_get_typedarray_info(
                self.env,
                value.raw,
                &mut kind,
                &mut length,
                &mut data,
                &mut buffer,
                &mut offset,
            )
        })?;
        if kind != sys::TypedarrayType::uint8_array || data.is_null() || length == 0 {
            return Ok(Vec::new());
        }
        // SAFETY: Node gives the start and the length of the view, and no JavaScript, which might
        // detach its buffer, runs until this has been copied.
        Ok(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length.min(MOST)) }.to_vec())
    }

    pub fn kind(self, value: Js<'_>) -> JsResult<Kind> {
        let mut kind = 0;
        // SAFETY: a live handle and an out-pointer of ours.
        check(unsafe { sys::napi_typeof(self.env, value.raw, &mut kind) })?;
        Ok(match kind {
            sys::ValueType::napi_undefined => Kind::Undefined,
            sys::ValueType::napi_null => Kind::Null,
            sys::ValueType::napi_boolean => Kind::Boolean,
            sys::ValueType::napi_number => Kind::Number,
            sys::ValueType::napi_string => Kind::Text,
            sys::ValueType::napi_symbol => Kind::Symbol,
            sys::ValueType::napi_function => Kind::Function,
            sys::ValueType::napi_bigint => Kind::BigInt,
            _ => Kind::Object,
        })
    }

    pub fn as_boolean(self, value: Js<'_>) -> JsResult<bool> {
        let mut result = false;
        // SAFETY: a live handle and an out-pointer of ours; another kind gives an error status.
        check(unsafe { sys::napi_get_value_bool(self.env, value.raw, &mut result) })?;
        Ok(result)
    }

    pub fn as_number(self, value: Js<'_>) -> JsResult<f64> {
        let mut result = 0.0;
        // SAFETY: as in `as_boolean`.
        check(unsafe { sys::napi_get_value_double(self.env, value.raw, &mut result) })?;
        Ok(result)
    }

    /// The text of a string; `None` if it is not well-formed Unicode.
    pub fn as_text(self, value: Js<'_>) -> JsResult<Option<String>> {
        let mut length = 0;
        let mut short = [0_u8; 256];
        // SAFETY: a live handle, and a buffer of that size; another kind gives an error status.
        check(unsafe {
            sys::napi_get_value_string_utf8(
                self.env,
                value.raw,
                short.as_mut_ptr().cast(),
                short.len(),
                &mut length,
            )
        })?;
        // A text that fills the buffer may have been cut off, by a character of four bytes perhaps.
        if length < short.len() - 4
            && let Some(Ok(text)) = short.get(..length).map(std::str::from_utf8)
            && !text.contains('\u{FFFD}')
        {
            return Ok(Some(text.to_owned()));
        }
        // SAFETY: a live handle; without a buffer only the length is given.
        check(unsafe {
            sys::napi_get_value_string_utf8(self.env, value.raw, ptr::null_mut(), 0, &mut length)
        })?;
        let mut bytes = vec![0_u8; length + 1];
        // SAFETY: the buffer has room for the text and its terminator.
        check(unsafe {
            sys::napi_get_value_string_utf8(
                self.env,
                value.raw,
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                &mut length,
            )
        })?;
        bytes.truncate(length);
        let text = String::from_utf8(bytes).map_err(|_| Thrown)?;
        // Node writes U+FFFD for a lone surrogate: whether one was there, UTF-16 tells.
        if text.contains('\u{FFFD}') && !self.is_well_formed(value)? {
            return Ok(None);
        }
        Ok(Some(text))
    }

    fn is_well_formed(self, value: Js<'_>) -> JsResult<bool> {
        let mut length = 0;
        // SAFETY: as in `as_text`.
        check(unsafe {
            sys::napi_get_value_string_utf16(self.env, value.raw, ptr::null_mut(), 0, &mut length)
        })?;
        let mut units = vec![0_u16; length + 1];
        // SAFETY: the buffer has room for the text and its terminator.
        check(unsafe {
            sys::napi_get_value_string_utf16(
                self.env,
                value.raw,
                units.as_mut_ptr(),
                units.len(),
                &mut length,
            )
        })?;
        units.truncate(length);
        Ok(char::decode_utf16(units).all(|unit| unit.is_ok()))
    }

    pub fn call(self, function: Js<'_>, arguments: &[Js<'_>]) -> JsResult<Js<'s>> {
        self.call_method(self.undefined()?, function, arguments)
    }

    pub fn call_method(
        self,
        this: Js<'_>,
        function: Js<'_>,
        arguments: &[Js<'_>],
    ) -> JsResult<Js<'s>> {
        let raw: Vec<sys::napi_value> = arguments.iter().map(|argument| argument.raw).collect();
        // SAFETY: live handles; the array outlives the call; what it throws gives `Thrown`.
        self.give(|env, out| unsafe {
            sys::napi_call_function(env, this.raw, function.raw, raw.len(), raw.as_ptr(), out)
        })
    }

    pub fn construct(self, class: Js<'_>, argument: Js<'_>) -> JsResult<Js<'s>> {
        // SAFETY: live handles, one argument; what it throws gives `Thrown`.
        self.give(|env, out| unsafe {
            sys::napi_new_instance(env, class.raw, 1, &argument.raw, out)
        })
    }

    /// A new promise and its other end.
    pub fn promise(self) -> JsResult<(Deferred, Js<'s>)> {
        let mut deferred = ptr::null_mut();
        // SAFETY: a valid environment on its thread, and out-pointers of ours.
        let promise =
            self.give(|env, out| unsafe { sys::napi_create_promise(env, &mut deferred, out) })?;
        Ok((Deferred(deferred), promise))
    }

    /// Resolves or rejects a promise.
    pub fn settle(self, deferred: Deferred, result: Result<Js<'_>, Js<'_>>) -> JsResult<()> {
        // SAFETY: taking `Deferred` by value, each is settled once; the value is a live handle.
        check(unsafe {
            match result {
                Ok(value) => sys::napi_resolve_deferred(self.env, deferred.0, value.raw),
                Err(error) => sys::napi_reject_deferred(self.env, deferred.0, error.raw),
            }
        })
    }

    /// Throws a value, unless an exception is pending already.
    pub fn throw(self, error: Js<'_>) {
        // SAFETY: a live handle. A failure means that something is pending, which is as good.
        let _ = unsafe { sys::napi_throw(self.env, error.raw) };
    }

    /// Drops the exception that is pending, if one is.
    pub fn catch(self) {
        let mut pending = false;
        // SAFETY: a valid environment on its thread, and out-pointers of ours.
        unsafe {
            let status = sys::napi_is_exception_pending(self.env, &mut pending);
            if status == sys::Status::napi_ok && pending {
                let mut exception = ptr::null_mut();
                sys::napi_get_and_clear_last_exception(self.env, &mut exception);
            }
        }
    }

    /// Remembers an object or function, weakly.
    pub fn reference(self, value: Js<'_>) -> JsResult<Reference> {
        let mut reference = ptr::null_mut();
        // SAFETY: a live handle and an out-pointer of ours.
        check(unsafe { sys::napi_create_reference(self.env, value.raw, 0, &mut reference) })?;
        Ok(Reference(reference))
    }

    /// What is remembered, if it has not been collected.
    pub fn recall(self, reference: &Reference) -> JsResult<Js<'s>> {
        // SAFETY: the reference is valid until `forget` takes it.
        let value =
            self.give(|env, out| unsafe { sys::napi_get_reference_value(env, reference.0, out) })?;
        if value.raw.is_null() { Err(Thrown) } else { Ok(value) }
    }

    /// Keeps what is remembered from being collected, or (`false`) no longer.
    pub fn hold(self, reference: &Reference, hold: bool) {
        let mut count = 0;
        // SAFETY: the reference is valid until `forget` takes it; calls come in pairs.
        unsafe {
            if hold {
                sys::napi_reference_ref(self.env, reference.0, &mut count);
            } else {
                sys::napi_reference_unref(self.env, reference.0, &mut count);
            }
        }
    }

    /// Gives up a reference.
    pub fn forget(self, reference: Reference) {
        // SAFETY: taken by value, it is deleted once.
        unsafe { sys::napi_delete_reference(self.env, reference.0) };
    }
}

impl Js<'_> {
    /// The handle, for napi-rs.
    pub fn raw(self) -> sys::napi_value {
        self.raw
    }
}

/// A function's data pointer, typed once.
pub type Data = *mut c_void;
