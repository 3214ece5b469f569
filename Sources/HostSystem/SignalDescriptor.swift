internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A signal that was sent to this process.
package struct ArrivedSignal: Equatable, Sendable {
    package var number: Int32
    /// Sent by the kernel, as for Ctrl-C: the terminal's whole foreground group has got it, not this process alone.
    package var isFromTerminal: Bool
    /// The process that sent it; 0 when that is not known.
    package var sender: Int32

    package init(_ number: Int32, isFromTerminal: Bool = false, sender: Int32 = 0) {
        self.number = number
        self.isFromTerminal = isFromTerminal
        self.sender = sender
    }
}

/// Blocked signals as something that can be waited for.
package struct SignalDescriptor: Sendable {
    /// Readable while a signal waits; -1 when signals are not watched.
    package let number: Int32
    /// Takes the next waiting signal; nil when none waits.
    package let next: @Sendable () -> ArrivedSignal?

    package init(number: Int32, next: @escaping @Sendable () -> ArrivedSignal?) {
        self.number = number
        self.next = next
    }

    /// Reads signals that are blocked already.
    ///
    /// The descriptor stays open until `close()`, in no child.
    package init(reading signals: [Int32]) {
        var set = signalSet(signals)
        let number = platform_signal_descriptor(&set)
        self.init(number: number) {
            var signal = platform_signal()
            guard number >= 0, platform_read_signal(number, &signal) != 0 else { return nil }
            return ArrivedSignal(
                signal.number,
                isFromTerminal: signal.is_from_kernel != 0,
                sender: signal.sender
            )
        }
    }

    package func close() {
        if number >= 0 { closeDescriptor(number) }
    }
}

extension Interruption {
    /// Interrupted by what arrives at a descriptor, and by the end of the process that waits for the result.
    package convenience init(
        by signals: SignalDescriptor,
        clock: HostClock,
        isParentAlive: @escaping @Sendable () -> Bool
    ) {
        self.init(descriptor: signals.number, clock: clock) {
            while let signal = signals.next() {
                guard signal.number == ParentProcess.signal else { return signal.number }
                // Nobody is left who could take the token.
                if !isParentAlive() { return SIGHUP }
            }
            return 0
        }
    }
}

/// Raises a blocked signal and lets it have its effect on this process: returns when it was continued, or goes on.
///
/// - Parameter toGroup: for every process of our group.
package func raiseBlocked(_ signal: Int32, toGroup: Bool = false) {
    var set = signalSet([signal])
    kill(toGroup ? 0 : getpid(), signal)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    pthread_sigmask(SIG_BLOCK, &set, nil)
}

/// Blocks these signals for this thread, and all others no longer.
package func blockOnly(_ signals: [Int32]) {
    var set = signalSet(signals)
    pthread_sigmask(SIG_SETMASK, &set, nil)
}

func signalSet(_ signals: [Int32]) -> sigset_t { platform_signal_set(signals, Int32(signals.count)) }

// Inside the type, `close` is its own method.
private func closeDescriptor(_ number: Int32) {
    close(number)
}
