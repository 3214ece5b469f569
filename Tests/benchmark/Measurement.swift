import CloudEmulator
import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What the runs of one contestant took.
struct Measurement: Encodable {
    var name: String
    /// Wall time of each run, in milliseconds.
    var milliseconds: [Double]
    /// Peak memory of the largest process, in MiB.
    var memory: Double
    /// System calls of all processes and threads; nil when they were not counted.
    var systemCalls: Int?
    var requests: Int
    var connections: Int
    var handshakes: Int
    /// Bytes of the wire in both directions, TLS and all.
    var wireBytes: Int

    var median: Double { quantile(0.5, of: milliseconds) }
    /// Between which half of the runs lie, in milliseconds.
    var middleHalf: (from: Double, to: Double) { (quantile(0.25, of: milliseconds), quantile(0.75, of: milliseconds)) }
}

func quantile(_ part: Double, of numbers: [Double]) -> Double {
    let sorted = numbers.sorted()
    guard let last = sorted.indices.last else { return .nan }
    let place = part * Double(last)
    let lower = sorted[Int(place)]
    return lower + (sorted[min(Int(place) + 1, last)] - lower) * (place - place.rounded(.down))
}

/// Runs the contestants of a contest in turns, so that whatever else the machine does hits all of them.
struct Stopwatch {
    let cloud: CloudEmulator
    let scratch: ScratchFolder
    var runs: Int

    func measure(_ contest: Contest) throws -> [Measurement] {
        var times = contest.contestants.map { _ in [Double]() }
        // The first round fills caches and does not count.
        for round in 0...(contest.runs ?? runs) {
            for (index, contestant) in contest.contestants.enumerated() {
                let time = try time(contestant)
                if round > 0 { times[index].append(time) }
            }
        }
        return try zip(contest.contestants, times).map { contestant, times in
            try measurement(of: contestant, times, in: contest)
        }
    }

    /// Everything but the time, which takes runs of its own.
    private func measurement(of contestant: Contestant, _ times: [Double], in contest: Contest) throws -> Measurement {
        let program = try contestant.prepare()
        let before = try settledReport()
        let memory = try memory(of: program)
        try contestant.check(memory.outcome)
        let after = try settledReport()
        return Measurement(
            name: contestant.name,
            milliseconds: times,
            memory: memory.mebibytes,
            systemCalls: contest.countsCalls ? try systemCalls(of: contestant) : nil,
            requests: after.requests - before.requests,
            connections: after.connections - before.connections,
            handshakes: after.handshakes - before.handshakes,
            wireBytes: after.bytesReceived + after.bytesSent - before.bytesReceived - before.bytesSent
        )
    }

    private func time(_ contestant: Contestant) throws -> Double {
        let (outcome, time) = try run(try contestant.prepare())
        try contestant.check(outcome)
        return time / .milliseconds(1)
    }

    /// However long it takes, and however little it says.
    private func run(_ program: Program) throws -> (outcome: Outcome, time: Duration) {
        // As in a job: masks are refused where standard error is a file. It takes what is written before anybody reads.
        let errors = try Pipe()
        let files = try [nothing(), log(), errors.writeEnd]
        defer { for file in files.dropLast() { close(file) } }
        let clock = ContinuousClock()
        let start = clock.now
        let process = try program.spawn(files)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let time = clock.now - start
        errors.closeWriteEnd()
        lseek(files[1], 0, SEEK_SET)
        let outcome = Outcome(
            status: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F,
            outputBytes: readAll(from: files[1]) ?? [],
            errorBytes: errors.readToEnd()
        )
        return (outcome, time)
    }

    private func nothing() -> Int32 { open("/dev/null", O_RDWR | O_CLOEXEC) }

    /// A file without a name, which takes any amount without a reader who would disturb the measurement.
    ///
    /// In memory: on a disk, its inode would be one that was freed a moment ago, which costs the next file its time.
    private func log() throws -> Int32 {
        let path = "/dev/shm/pulumi-token-bench-log-\(getpid())"
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchError("open \(path)") }
        unlink(path)
        return file
    }

    /// Of the largest of its processes, in MiB.
    ///
    /// `time` is so small that the memory of the process that starts another is not taken for the other's.
    private func memory(of program: Program) throws -> (mebibytes: Double, outcome: Outcome) {
        let file = scratch.file("memory")
        var timed = program
        timed.path = Program("time").path
        timed.arguments = ["-f", "%M", "-o", file, program.path] + program.arguments
        let outcome = try run(timed).outcome
        guard let kibibytes = text(of: file)?.split(separator: "\n").last.flatMap({ Double($0) }) else {
            throw BenchError("no figure of memory: install GNU time")
        }
        return (kibibytes / 1024, outcome)
    }

    private func systemCalls(of contestant: Contestant) throws -> Int {
        let program = try contestant.prepare()
        let file = scratch.file("calls")
        var traced = program
        traced.path = Program("strace").path
        traced.arguments = ["-f", "-qq", "-o", file, program.path] + program.arguments
        try contestant.check(try run(traced).outcome)
        return (text(of: file) ?? "").split(separator: "\n").count { $0.contains("(") && !$0.contains("resumed>") }
    }

    /// The counts when the last client has gone.
    private func settledReport() throws -> Report {
        guard cloud.wait(until: { $0.openConnections == 0 }) else { throw BenchError("a client does not go") }
        return cloud.report
    }
}
