import HostSystem
import RunnerGrammars
import StubTransport
import TestBench
import TestMachine

@testable import pulumi_token

extension Machine {
    /// Runs a command line in this process.
    func run(_ words: String..., adding changes: [String: String] = [:]) throws -> Outcome {
        try run(words, adding: changes)
    }

    func run(_ words: [String], adding changes: [String: String]) throws -> Outcome {
        let usual = variables
        defer { variables = usual }
        variables.merge(changes) { $1 }
        return try run(words) { context in Tool(context: context).run(words) }
    }

    // MARK: Records

    /// The paths of the records below a directory.
    func records(below name: String = "home") -> [String] { files(below: name).filter { $0.hasSuffix(".json") } }

    /// Changes what a record says, as somebody does who shares the user.
    func change(_ path: String, _ change: (String) -> String) throws {
        guard let text = text(of: path) else { throw BenchError("\(path) is missing") }
        try write(change(text), to: path)
    }

    /// As if `mint` had been killed after the reply, or the process of `exec` while its command ran.
    func kill(at path: String? = nil, _ holder: String = "job") throws {
        for path in path.map({ [$0] }) ?? records() {
            try change(path) { record in
                record.replacing(#/"startTime":\d+/#, with: #""startTime":1"#)
                    .replacing(#""isExported":true"#, with: #""isExported":false"#)
                    .replacing(#""holder":"job""#, with: "\"holder\":\"\(holder)\"")
            }
        }
    }

    /// As if a second has passed since everything was written: what is old is cleaned up by the virtual clock.
    func touch(_ name: String, age: Int64) { disk.touch(name, at: time.clock.unixTime() - age) }
}
