internal import CPlatform

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// What this process was started with and a command that it starts is to be started with again.
///
/// So `nohup`, `trap '' INT`, `ulimit -c` work on the command as if we were not in between.
package struct StartState: Sendable {
    /// Signals that were blocked; they are so in the command again.
    package let blockedSignals: [Int32]
    /// Signals that whoever started us wanted to be ignored; they stay so, in us and in the command.
    package let ignoredSignals: [Int32]
    /// How large a core dump may be: `ulimit -c`.
    package let coreLimit: UInt64
    /// The descriptors from 3 on that were open, in ascending order: make's job server, a lock, a log.
    package let descriptors: [Int32]
    /// Below which the number of each new descriptor has to be: `ulimit -n`.
    package let descriptorLimit: UInt64
    /// How large the stack may become, bytes: `ulimit -s`.
    private let stackLimit: UInt64
    /// The command line byte by byte, which Swift's own `String` arguments are not when they are no UTF-8.
    package let arguments: [[UInt8]]
    package let environment: InitialEnvironment

    package init(
        blockedSignals: [Int32] = [],
        ignoredSignals: [Int32] = [],
        coreLimit: UInt64 = 0,
        descriptors: [Int32] = [],
        descriptorLimit: UInt64 = .max,
        stackLimit: UInt64 = .max,
        arguments: [[UInt8]],
        environment: InitialEnvironment
    ) {
        self.blockedSignals = blockedSignals
        self.ignoredSignals = ignoredSignals
        self.coreLimit = coreLimit
        self.descriptors = descriptors
        self.descriptorLimit = descriptorLimit
        self.stackLimit = stackLimit
        self.arguments = arguments
        self.environment = environment
    }

    /// As it is now; call it before anything is changed.
    package static func capture() -> StartState {
        var mask = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &mask)
        return StartState(
            blockedSignals: signals { sigismember(&mask, $0) == 1 },
            ignoredSignals: signals { platform_is_ignored($0) != 0 },
            coreLimit: UInt64(currentCoreLimit().rlim_cur),
            descriptors: openDescriptors(),
            descriptorLimit: currentLimit(descriptorResource),
            stackLimit: currentLimit(stackResource),
            arguments: commandLine(),
            environment: .current()
        )
    }

    /// What the greediest command needs at a time, rounded up.
    private static let neededDescriptors: UInt64 = 32
    /// What the deepest of our calls need, twice over.
    private static let neededStack: UInt64 = 512 << 10

    /// Of what there is too little to run at all, for people: an error and the way out.
    ///
    /// The runtime cannot even read the command line without a descriptor, and each later step would give a riddle of its
    /// own. Where a stack ends, nothing can be said any more.
    package var shortage: (error: String, hint: String)? {
        let taken = descriptors.count { $0 < descriptorLimit } + 3
        let free = descriptorLimit > taken ? descriptorLimit - UInt64(taken) : 0
        if free < Self.neededDescriptors {
            return (
                "too few open files are allowed: \(free) are free, and \(Self.neededDescriptors) are needed",
                "raise the limit of \(descriptorLimit): ulimit -n 256"
            )
        }
        guard stackLimit < Self.neededStack else { return nil }
        return (
            "the stack is too small: \(stackLimit >> 10) KiB are allowed, and \(Self.neededStack >> 10) are needed",
            "raise the limit: ulimit -s 8192"
        )
    }

    /// The first thing in `main`: takes note of the state, then makes sure that our memory is nowhere written or read.
    package static func captureAndHarden() -> StartState {
        platform_populate_variables()
        platform_occupy_standard_descriptors()
        let state = capture()
        // Swift's crash report and a core dump print memory, and memory holds secrets.
        for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGQUIT, SIGSYS] {
            guard !state.ignoredSignals.contains(signal) else { continue }
            _ = platform_set_default(signal)
        }
        setSoftCoreLimit(0)
        _ = platform_forbid_dumps()
        // A reader that goes away is an error to handle, not an end without revocation.
        _ = platform_ignore(SIGPIPE)
        // So is a limit for the size of files.
        _ = platform_ignore(SIGXFSZ)
        // Were it ignored, the kernel would throw the exit codes of our children away.
        _ = platform_set_default(SIGCHLD)
        return state
    }

    /// Blocks signals for this thread and those that it starts, so that they can be read from a descriptor instead.
    ///
    /// Those that were ignored at the start are left out: they stay ignored.
    ///
    /// - Parameter own: signals of which we want to know even so.
    package func signals(blocking wanted: [Int32], and own: [Int32] = []) -> SignalDescriptor {
        block(wanted, and: own)
        return SignalDescriptor(reading: taken(wanted, and: own))
    }

    /// Blocks signals as `signals(blocking:)` does.
    package func block(_ wanted: [Int32], and own: [Int32] = []) {
        var set = signalSet(taken(wanted, and: own))
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// What signals can be read from that are blocked later.
    package func descriptor(reading wanted: [Int32], and own: [Int32] = []) throws(FileError) -> SignalDescriptor {
        let descriptor = SignalDescriptor(reading: taken(wanted, and: own))
        guard descriptor.number >= 0 else { throw .last(.make, "a signal descriptor") }
        return descriptor
    }

    private func taken(_ wanted: [Int32], and own: [Int32]) -> [Int32] {
        wanted.filter { !ignoredSignals.contains($0) } + own
    }

    /// Sees to it that a command inherits the descriptors with which we were started, and none of ours.
    ///
    /// Some libraries do not say so when they open a socket.
    package func keepOwnDescriptors() {
        var first: Int32 = 3
        for descriptor in descriptors {
            platform_keep_from_children(first, descriptor - 1)
            first = descriptor + 1
        }
        platform_keep_from_children(first, .max)
    }

    private static func signals(where isMeant: (Int32) -> Bool) -> [Int32] {
        var found: [Int32] = []
        for signal in 1..<platform_signal_count() where isMeant(signal) { found.append(signal) }
        return found
    }

    private static func openDescriptors() -> [Int32] {
        guard let listing = opendir("/proc/self/fd") else {
            return (3..<1024).filter { platform_is_inherited($0) != 0 }
        }
        defer { closedir(listing) }
        var found: [Int32] = []
        while let entry = readdir(listing) {
            let number = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { atoi($0) }
            }
            // The listing itself is close-on-exec, and so not among them.
            if number >= 3, platform_is_inherited(number) != 0 { found.append(number) }
        }
        return found.sorted()
    }

    private static func currentCoreLimit() -> rlimit {
        var limit = rlimit()
        getrlimit(coreResource, &limit)
        return limit
    }

    private static func currentLimit(_ resource: Resource) -> UInt64 {
        var limit = rlimit()
        return getrlimit(resource, &limit) == 0 ? UInt64(limit.rlim_cur) : .max
    }

    private static func setSoftCoreLimit(_ soft: rlim_t) {
        var limit = currentCoreLimit()
        limit.rlim_cur = min(soft, limit.rlim_max)
        setrlimit(coreResource, &limit)
    }

    private static func commandLine() -> [[UInt8]] {
        (0..<Int(CommandLine.argc)).compactMap { index in
            CommandLine.unsafeArgv[index].map { [UInt8](UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        }
    }
}

#if canImport(Darwin)
private typealias Resource = Int32
private let coreResource = RLIMIT_CORE
private let descriptorResource = RLIMIT_NOFILE
private let stackResource = RLIMIT_STACK
#else
private typealias Resource = __rlimit_resource_t
private let coreResource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
private let descriptorResource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
private let stackResource = __rlimit_resource_t(RLIMIT_STACK.rawValue)
#endif
