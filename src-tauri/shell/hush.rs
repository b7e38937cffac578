//! Nothing secret leaves the process while it runs or when it dies: no look into its memory, no core dump, and a panic tells where, not what, since its
//! text may hold what was being read.

/// Once, before anything else.
pub(crate) fn hush() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Without this right a core file is at most what the person's own settings allow.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    // Nor does another program of the same person look into its memory or its environment.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => eprintln!("Mailferry failed at {}:{}", place.file(), place.line()),
        None => eprintln!("Mailferry failed"),
    }));
}
