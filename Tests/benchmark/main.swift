import CloudEmulator
import FoundationEssentials
import JobBench
import TestBench

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// `benchmark [--runs N] [--json FILE] [--peer NAME=COMMAND]... [--only TEXT] [--unjudged]`; `scripts/bench` starts it.
struct Options {
    var runs = 40
    var json: String?
    var only = ""
    var peers: [(name: String, command: String)] = []
    /// Whether a bar that is missed is no failure.
    var isUnjudged = false

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard name != "--unjudged" else {
                isUnjudged = true
                continue
            }
            guard let value = rest.popFirst() else { throw BenchError("\(name) needs a value") }
            switch name {
            case "--runs": runs = max(1, Int(value) ?? 1)
            case "--json": json = value
            case "--only": only = value
            case "--peer":
                let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { throw BenchError("--peer is NAME=COMMAND") }
                peers.append((parts[0], parts[1]))
            default: throw BenchError("\(name) is unknown: --runs, --json, --only, --peer, --unjudged")
            }
        }
    }
}

/// How fast the cloud itself is, in milliseconds a request: what nobody measured here can be faster than.
func cloudTime(_ laboratory: Laboratory) throws -> Double {
    func time(_ count: Int) throws -> Double {
        let requests = "url = \"\(laboratory.machine.cloud.url)/api/user\"\noutput = /dev/null\n"
        let file = try laboratory.machine.sandbox.write(String(repeating: requests, count: count), to: "requests")
        let clock = ContinuousClock()
        let start = clock.now
        _ = try Program("curl", ["-s", "-K", file], environment: laboratory.step).run()
        return (clock.now - start) / .milliseconds(1)
    }
    return (try time(2001) - time(1)) / 2000
}

func run() throws {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    let laboratory = try Laboratory(runs: options.runs)
    let stopwatch = Stopwatch(cloud: laboratory.machine.cloud, scratch: laboratory.machine.sandbox, runs: options.runs)
    let agent = try BuildkiteAgent(at: laboratory.machine.sandbox.file("job-api"))
    let contests =
        [
            laboratory.start, laboratory.mint, laboratory.mintWithIdentity, laboratory.mintOnBuildkite(agent),
            laboratory.revoke, laboratory.exec, laboratory.guardian, laboratory.promises, laboratory.helper,
            laboratory.helperQuestions, laboratory.actionMain(options.peers), laboratory.actionPost,
        ] + Laboratory.Stream.allCases.map(laboratory.pipe) + [laboratory.sweep] + laboratory.kindSweeps
        + [laboratory.list]
    let cloud = try cloudTime(laboratory)
    print("the cloud answers a request on an open connection in \(figure(cloud, 2)) ms\n")
    fflush(nil)
    var reports: [ContestReport] = []
    for contest in contests where options.only.isEmpty || contest.name.contains(options.only) {
        unlink("/dev/shm/pulumi-token-bench")
        let report = ContestReport(contest, try stopwatch.measure(contest))
        print(report.table)
        fflush(nil)
        reports.append(report)
    }
    unlink("/dev/shm/pulumi-token-bench")
    if let path = options.json { try write(Array(try JSONEncoder().encode(reports)), to: path, mode: 0o644) }
    if options.only.isEmpty || options.only.hasPrefix("guardian") {
        let memory = try laboratory.guardianMemory()
        print("a waiting guardian has \(memory) KiB of its own (at most 2048)")
        let delay = try laboratory.guardianDelay()
        print("the token of a killed exec is gone after \(figure(delay, 1)) ms (at most 10000)")
        if memory > 2048 || delay > 10_000, !options.isUnjudged { throw BenchError("a bar was missed") }
    }
    let isMissed = reports.contains { $0.verdicts.contains { !$0.isMet } }
    if isMissed, !options.isUnjudged { throw BenchError("a bar was missed") }
}

do {
    try run()
} catch {
    print("benchmark: \(error)")
    exit(1)
}
