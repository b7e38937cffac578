//! The process: nothing secret leaves it while it runs or when it dies, and how it is asked to stop.

/// Once, before anything else: no core dump, and a panic tells where, not what, since its text may hold what was
/// being read.
pub fn hush() {
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
        Some(place) => eprintln!("mailferry-cli failed at {}:{}", place.file(), place.line()),
        None => eprintln!("mailferry-cli failed"),
    }));
}

/// Waits for the next Ctrl-C, or the polite signal to end.
pub async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            asked = tokio::signal::ctrl_c() => never_unless(asked.is_ok()).await,
            _ = terminate.recv() => {}
        }
        return;
    }
    never_unless(tokio::signal::ctrl_c().await.is_ok()).await;
}

/// Without a handler there is nothing to wait for.
async fn never_unless(asked: bool) {
    if !asked {
        std::future::pending::<()>().await;
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn a_hushed_process_leaves_no_core_and_shows_nobody_its_memory() {
        super::hush();
        let _ = std::panic::take_hook();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior().ok(), Some(DumpableBehavior::NotDumpable));
    }
}
