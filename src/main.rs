//! The program: hands its arguments to the library and exits with what comes back, or with 130 when
//! the user broke it off.

use std::process::ExitCode;

use dubo_pin::cli::{Interrupt, run_heeding};

fn main() -> ExitCode {
    let interrupt = Interrupt::new(leave);
    let heard = interrupt.clone();
    let arm = || {
        // Where the caller had signals ignored, as `nohup` does, they stay ignored.
        let _ = ctrlc::try_set_handler(move || heard.signal());
    };
    ExitCode::from(run_heeding(std::env::args_os(), &interrupt, arm))
}

/// Ends the program from the thread of the signals, while the others may hang on the network.
#[allow(clippy::exit, reason = "the one place; all files are whole when it is called")]
fn leave(code: u8) {
    std::process::exit(code.into())
}
