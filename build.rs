//! Link arguments for an addon that Node loads.

fn main() {
    napi_build::setup();
}
