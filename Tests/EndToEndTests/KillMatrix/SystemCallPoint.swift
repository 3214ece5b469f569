import JobBench
import Secrets
import TestBench

/// An instant in the life of a process: before one of its threads makes a system call for the n-th time.
struct SystemCallPoint: Hashable, CustomStringConvertible {
    var call: String
    /// From 1.
    var occurrence: Int

    var description: String { "\(call)#\(occurrence)" }

    /// All of them that a run of a program passes, in order.
    static func all(in program: Program, sandbox: ScratchFolder) throws -> [SystemCallPoint] {
        let file = sandbox.file("trace")
        _ = try trace(program, into: file)
        return all(inTrace: file)
    }

    /// Runs a program under `strace`, which writes all of its system calls into a file.
    static func trace(_ program: Program, into trace: String) throws -> Outcome {
        var traced = program
        traced.path = "/usr/bin/strace"
        traced.arguments = Self.options(trace) + [program.path] + program.arguments
        let outcome = try traced.run()
        guard outcome.status == 0 else { throw DryRunFailure(outcome: outcome) }
        return outcome
    }

    /// Those that several runs have in common, in order.
    static func common(toRuns count: Int, _ run: () throws -> [SystemCallPoint]) rethrows -> [SystemCallPoint] {
        let runs = try (0..<count).map { _ in try run() }
        let common = runs.dropFirst().reduce(Set(runs[0])) { $0.intersection($1) }
        return runs[0].filter(common.contains)
    }

    /// Those in a file that `strace` has written, of all threads of the process, each once.
    static func all(inTrace trace: String) -> [SystemCallPoint] {
        let lines = Self.lines(of: trace)
        let threads = Self.threads(lines)
        var counts: [Substring: [Substring: Int]] = [:]
        var seen: Set<SystemCallPoint> = []
        return lines.compactMap { thread, line in
            let call = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            guard line.dropFirst(call.count).first == "(", threads.contains(thread), !unreachable.contains(call) else {
                return nil
            }
            counts[thread, default: [:]][call, default: 0] += 1
            let point = SystemCallPoint(call: String(call), occurrence: counts[thread]?[call] ?? 0)
            return seen.insert(point).inserted ? point : nil
        }
    }

    /// Whether the signal met not the process but one that it had just forked, which comes to some calls first.
    static func hasKilledChild(inTrace trace: String) -> Bool {
        let lines = Self.lines(of: trace)
        let threads = Self.threads(lines)
        return lines.contains { $0.line.hasPrefix("+++ killed by SIGKILL") && !threads.contains($0.thread) }
    }

    /// Whether a process of the trace was killed.
    static func hasKilled(inTrace trace: String) -> Bool {
        lines(of: trace).contains { $0.line.hasPrefix("+++ killed by SIGKILL") }
    }

    private static func lines(of trace: String) -> [(thread: Substring, line: Substring)] {
        (text(of: trace) ?? "").split(separator: "\n").map { line in
            let thread = line.prefix { $0.isNumber }
            return (thread, line.dropFirst(thread.count).drop { $0 == " " })
        }
    }

    /// The process, and what it has made in order to have it in the same process.
    private static func threads(_ lines: [(thread: Substring, line: Substring)]) -> Set<Substring> {
        let made = lines.filter { $0.line.contains("parent_tid=[") }
            .map { Substring(String($0.line).between("parent_tid=[", "]")) }
        return Set(lines.prefix(1).map(\.thread) + made)
    }

    /// `strace` starts to inject only after the program has been loaded.
    private static let unreachable: Set<Substring> = ["execve"]

    /// Follows threads, and what is forked until it becomes another program.
    private static func options(_ trace: String) -> [String] { ["-qq", "-f", "-b", "execve", "-o", trace] }

    /// The program under `strace`, which sends it a signal at this point, and writes to a file what it has seen.
    func injecting(_ signal: String, into program: Program, tracedTo trace: String) -> Program {
        var traced = program
        traced.path = "/usr/bin/strace"
        traced.arguments =
            Self.options(trace) + ["-e", "inject=\(call):signal=\(signal):when=\(occurrence)", program.path]
            + program.arguments
        return traced
    }
}

/// A run without any injection that failed all the same.
struct DryRunFailure: Error {
    var outcome: Outcome
}
