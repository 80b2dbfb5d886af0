//! The program: hands its arguments to the library and exits with what comes back.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(dubo_pin::cli::run(std::env::args_os()))
}
