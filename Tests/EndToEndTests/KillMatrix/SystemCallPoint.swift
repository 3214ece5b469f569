import JobBench
import Secrets
import TestBench

/// An instant in the life of a process: before the n-th call of a system call.
struct SystemCallPoint: Hashable, CustomStringConvertible {
    var call: String
    /// From 1.
    var occurrence: Int

    var description: String { "\(call)#\(occurrence)" }

    /// All of them that a run of a program passes, in order, as `strace` sees it.
    static func all(in program: Program, sandbox: ScratchFolder) throws -> [SystemCallPoint] {
        let trace = sandbox.file("trace")
        var traced = program
        traced.path = "/usr/bin/strace"
        traced.arguments = ["-qq", "-o", trace, program.path] + program.arguments
        let outcome = try traced.run()
        guard outcome.status == 0 else { throw DryRunFailure(outcome: outcome) }
        return all(inTrace: trace)
    }

    /// Those that several runs have in common, in order.
    static func common(toRuns count: Int, _ run: () throws -> [SystemCallPoint]) rethrows -> [SystemCallPoint] {
        let runs = try (0..<count).map { _ in try run() }
        let common = runs.dropFirst().reduce(Set(runs[0])) { $0.intersection($1) }
        return runs[0].filter(common.contains)
    }

    /// Those in a file that `strace` has written.
    static func all(inTrace trace: String) -> [SystemCallPoint] {
        var counts: [String: Int] = [:]
        return (text(of: trace) ?? "").split(separator: "\n").compactMap { line in
            let call = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            guard line.dropFirst(call.count).first == "(", !Self.unreachable.contains(String(call)) else { return nil }
            counts[String(call), default: 0] += 1
            return SystemCallPoint(call: String(call), occurrence: counts[String(call)] ?? 0)
        }
    }

    /// `strace` starts to inject only after the program has been loaded.
    private static let unreachable: Set = ["execve"]

    /// The program under `strace`, which sends it a signal at this point, and writes to a file what it has seen.
    func injecting(_ signal: String, into program: Program, tracedTo trace: String) -> Program {
        var traced = program
        traced.path = "/usr/bin/strace"
        traced.arguments =
            ["-qq", "-o", trace, "-e", "inject=\(call):signal=\(signal):when=\(occurrence)", program.path]
            + program.arguments
        return traced
    }
}

/// A run without any injection that failed all the same.
struct DryRunFailure: Error {
    var outcome: Outcome
}
