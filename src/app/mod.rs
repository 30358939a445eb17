//! The door: chooses a mode, installs logger and signals, turns an outcome into an exit status.

use crate::av::LinkedCatalog;
use crate::cli::{self, Parsed};
use crate::engine::{self, StopSignal};
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<String> = args.skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    crate::av::initialize();
    let catalog = LinkedCatalog;
    let mut builder = env_logger::Builder::new();
    builder.filter_level(log::LevelFilter::Info).init();
    crate::av::library_log::install(|l| eprint!("{}{}", l.prefix, l.text), 32);
    let (parsed, diagnostics) = match cli::parse(&args, &catalog) {
        Ok(p) => p,
        Err(d) => {
            for d in d { eprintln!("{d}"); }
            return ExitCode::from(1);
        }
    };
    for d in diagnostics { eprintln!("{d}"); }
    let Parsed::Job(spec) = parsed else { return ExitCode::from(0) };
    let stop = StopSignal::new();
    let result = engine::open_inputs(*spec, &catalog, &stop).and_then(|mut inputs| {
        let plan = inputs.plan(&catalog)?;
        for d in &plan.diagnostics { eprintln!("{d}"); }
        let prepared = inputs.open_outputs(plan, &stop)?;
        Ok(prepared.start(&stop)?.join())
    });
    match result {
        Ok(outcome) => {
            for (name, m) in outcome.meter.stage_list() { eprintln!("{name}: {} items busy {}ms starved {}ms blocked {}ms", m.items(), m.busy_ns()/1000000, m.starved_ns()/1000000, m.blocked_ns()/1000000); }
            for d in &outcome.damage { eprintln!("{d}"); }
            if let Some(f) = outcome.failure { eprintln!("{f}"); return ExitCode::from(1); }
            ExitCode::SUCCESS
        }
        Err(engine::PrepareError::Refused(d)) => { for d in d { eprintln!("{d}"); } ExitCode::from(1) }
        Err(e) => { eprintln!("{e}"); ExitCode::from(1) }
    }
}
