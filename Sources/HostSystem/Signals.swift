internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The signals that this program takes in, and who reads them.
///
/// They are blocked from the first moment on, for the whole life of the process, and taken in through descriptors; each
/// descriptor sees what is waiting when it is read, and whoever reads first has it:
///
///     main          Signals.ending and the parent's    Interruption: while a request, a pause or a filter is under way
///     Supervisor    Signals.ending, control and child  CommandWatch: from the command's start to its end, alone, since
///                                                      nothing else is under way; then again while it still runs
///     revocation    Signals.ending                     Interruption again, but not while the command still runs: its
///                                                      signals wait for CommandWatch
///     last output   Signals.asking                     readable, and the rest of the output is not waited for
package enum Signals {
    /// Those that ask to stop, as people and systems send them.
    package static let asking = [SIGHUP, SIGINT, SIGTERM]

    /// All that would end this process and can be taken in, those above included.
    ///
    /// Not SIGPIPE and SIGXFSZ, which are ignored. One that the processor raises ends us even so.
    package static let ending: [Int32] = (1..<platform_signal_count()).filter {
        platform_is_for_programs($0) != 0 && !harmless.contains($0)
    }

    /// Those by which terminals and shells control a job.
    package static let control = [SIGWINCH, SIGTSTP, SIGCONT]

    /// Those that tell of a child or of the terminal, and are never passed on.
    package static let child = [SIGCHLD, SIGTTIN, SIGTTOU]

    private static let harmless: [Int32] = [
        SIGKILL, SIGSTOP, SIGPIPE, SIGXFSZ, SIGURG, SIGWINCH, SIGTSTP, SIGCONT, SIGCHLD, SIGTTIN, SIGTTOU,
    ]
}
