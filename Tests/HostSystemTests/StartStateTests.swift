import CPlatform
import Glibc
import HostSystem
import Synchronization
import TestBench
import Testing

/// What changes the whole process runs in one of its own, on a thread that blocks what tests make it block.
@Suite(.ownThreads(.last)) struct StartStateTests {
    @Test func `the command line is taken byte by byte`() {
        let state = StartState.capture()
        #expect(state.arguments.map { String(decoding: $0, as: UTF8.self) } == CommandLine.arguments)
        #expect(state.words == Array(CommandLine.arguments.dropFirst()))
        #expect(!state.environment.entries.isEmpty)
    }

    @Test func `arguments that are no text are repaired in words`() {
        let state = StartState.capture()
        let other = StartState(
            arguments: [Array("tool".utf8), [0xFF], Array("é".utf8)],
            environment: state.environment
        )
        #expect(other.words == ["\u{FFFD}", "é"])
    }

    @Test func `ignored signals and the signal mask are taken note of`() async {
        await #expect(processExitsWith: .success) {
            signal(SIGUSR1, SIG_IGN)
            signal(SIGHUP, SIG_IGN)
            signal(SIGUSR2) { _ in }
            blockOnly([SIGINT])
            let state = StartState.capture()
            let blocked = state.blockedSignals
            let isRight =
                Set(state.ignoredSignals).isSuperset(of: [SIGUSR1, SIGHUP])
                && !state.ignoredSignals.contains(SIGUSR2) && !state.ignoredSignals.contains(SIGKILL)
                && blocked.contains(SIGINT) && !blocked.contains(SIGTERM)
            exit(isRight ? 0 : 1)
        }
    }

    @Test func `a hardened process leaves no core and crashes without a report`() async {
        await #expect(processExitsWith: .success) {
            let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
            var limit = rlimit()
            getrlimit(resource, &limit)
            limit.rlim_cur = limit.rlim_max
            setrlimit(resource, &limit)
            signal(SIGQUIT, SIG_IGN)
            signal(SIGCHLD, SIG_IGN)
            signal(SIGTRAP) { _ in }
            let state = StartState.captureAndHarden()
            var hardened = rlimit()
            getrlimit(resource, &hardened)
            let ignored = StartState.capture().ignoredSignals
            let isRight =
                state.coreLimit == UInt64(limit.rlim_max) && hardened.rlim_cur == 0
                && hardened.rlim_max == limit.rlim_max
                && ignored.contains(SIGPIPE) && ignored.contains(SIGQUIT) && !ignored.contains(SIGCHLD)
                && state.ignoredSignals.contains(SIGCHLD)
            exit(isRight ? 0 : 1)
        }
        await #expect(processExitsWith: .signal(SIGTRAP)) {
            signal(SIGTRAP) { _ in }
            _ = StartState.captureAndHarden()
            raise(SIGTRAP)
        }
    }

    @Test func `blocked signals are read, one after the other`() async {
        await #expect(processExitsWith: .success) {
            blockOnly([])
            let state = StartState.captureAndHarden()
            let signals = state.signals(blocking: [SIGINT, SIGTERM])
            let nothing = signals.next()
            pthread_kill(pthread_self(), SIGTERM)
            let first = signals.next()
            pthread_kill(pthread_self(), SIGINT)
            let interruption = Interruption(by: signals, clock: .system) { true }
            let arrived = interruption.acknowledge()
            let isRight =
                nothing == nil && first == ArrivedSignal(SIGTERM, sender: getpid()) && arrived == [SIGINT]
                && interruption.signal == SIGINT
                && interruption.descriptor == signals.number && fcntl(signals.number, F_GETFD) & FD_CLOEXEC != 0
            signals.close()
            exit(isRight ? 0 : 1)
        }
    }

    @Test func `a suspended interruption leaves signals to others`() {
        let waiting = Mutex([SIGINT])
        let interruption = Interruption(descriptor: 5, clock: .system) { waiting.withLock { $0.popLast() ?? 0 } }
        interruption.suspend()
        #expect(interruption.acknowledge() == [] && interruption.signal == nil && interruption.descriptor == -1)
        #expect(waiting.withLock { $0 } == [SIGINT])
        interruption.resume()
        #expect(interruption.signal == SIGINT && interruption.descriptor == 5)
    }

    @Test func `signals that were ignored at the start stay so`() async {
        await #expect(processExitsWith: .success) {
            blockOnly([])
            signal(SIGHUP, SIG_IGN)
            let signals = StartState.captureAndHarden().signals(blocking: [SIGHUP, SIGTERM])
            pthread_kill(pthread_self(), SIGHUP)
            let blocked = StartState.capture().blockedSignals
            let isRight = signals.next() == nil && !blocked.contains(SIGHUP) && blocked.contains(SIGTERM)
            exit(isRight ? 0 : 1)
        }
    }

    @Test func `the end of the parent is a signal`() async {
        await #expect(processExitsWith: .success) {
            blockOnly([])
            let signals = StartState.captureAndHarden().signals(blocking: [ParentProcess.signal])
            let parent = ParentProcess()
            parent.watch()
            let before = signals.next()
            let gone = ParentProcess(claimedID: getpid())
            gone.watch()
            let isRight =
                before == nil && parent.isAlive && !gone.isAlive && signals.next()?.number == ParentProcess.signal
            exit(isRight ? 0 : 1)
        }
    }

    @Test func `errors of writing are no end`() async {
        await #expect(processExitsWith: .success) {
            _ = StartState.captureAndHarden()
            let ignored = Set(StartState.capture().ignoredSignals)
            exit(ignored.isSuperset(of: [SIGPIPE, SIGXFSZ]) ? 0 : 1)
        }
    }

    @Test func `a closed standard descriptor does not become a file of ours, and is closed for a command`() async {
        await #expect(processExitsWith: .success) {
            close(0)
            _ = StartState.captureAndHarden()
            let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
            var byte: UInt8 = 0
            exit(file > 2 && read(0, &byte, 1) == -1 && fcntl(0, F_GETFD) & FD_CLOEXEC != 0 ? 0 : 1)
        }
    }

    @Test func `a command inherits the descriptors of the start, and none of ours`() async {
        await #expect(processExitsWith: .success) {
            let theirs = [fcntl(2, F_DUPFD, 850), fcntl(2, F_DUPFD, 860)]
            let kept = fcntl(2, F_DUPFD_CLOEXEC, 855)
            let state = StartState.captureAndHarden()
            let ours = [fcntl(2, F_DUPFD, 852), fcntl(2, F_DUPFD, 870)]
            state.keepOwnDescriptors()
            let isTaken = state.descriptors.filter { $0 >= 850 } == theirs
            let isInherited = theirs.allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC == 0 }
            let isOurs = (ours + [kept]).allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC != 0 }
            exit(isTaken && isInherited && isOurs ? 0 : 1)
        }
    }
}
