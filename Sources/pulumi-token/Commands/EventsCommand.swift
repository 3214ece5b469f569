import HostSystem
import JSON
import PulumiCloud
import TokenLifecycle

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// `pulumi-token events summary`: sums up files that `--events` wrote.
struct EventsCommand {
    let arguments: Arguments
    let context: Context

    func run() throws(Explanation) -> ExitCode {
        guard arguments.operands[0] == "summary" else { throw .unknownView(arguments.operands[0]) }
        let files = arguments.operands.dropFirst()
        var summary = EventSummary()
        for file in files { try read(file, into: &summary) }
        if arguments.isOn(.json) {
            try Printing.json(in: context) { summary.write(files: files.count, to: &$0) }
        } else {
            try Printing.text(Table.text(summary.rows), in: context)
        }
        return tell(summary)
    }

    private func read(_ name: String, into summary: inout EventSummary) throws(Explanation) {
        do throws(FileError) {
            let path = name == "-" ? "standard input" : name
            var lines = LineReader(
                try open(name),
                path: path,
                longest: EventSummary.longestLine,
                interruption: context.interruption
            )
            var number = 0
            while let line = try lines.next() {
                number += 1
                switch line {
                case .text(let bytes): summary.add(bytes, of: path, number: number)
                case .tooLong: summary.add(nil, of: path, number: number)
                case .interrupted: return try stop()
                }
            }
        } catch {
            if let signal = context.interruption.signal { throw .interrupted(by: signal) }
            throw .unreadableEvents(error)
        }
    }

    private func stop() throws(FileError) { throw FileError(.read, "", code: EINTR) }

    private func open(_ name: String) throws(FileError) -> Descriptor {
        // To open a pipe into which nobody writes yet would wait where no signal ends it; the reader waits for both.
        guard name == "-" else { return try Descriptor.open(name, O_RDONLY | O_NOCTTY | O_NONBLOCK) }
        let copy = fcntl(context.standardInput, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .last(.duplicate, "standard input") }
        return Descriptor(owning: copy, path: "standard input")
    }

    /// Names what was left out: a sum that silently lacks something is worse than none.
    private func tell(_ summary: EventSummary) -> ExitCode {
        guard summary.badLineCount > 0 else { return .done }
        for bad in summary.badLines {
            context.console.warning("line \(bad.line) of \(quoted(bad.file)) is not an event: \(bad.reason)")
        }
        let more = summary.badLineCount - summary.badLines.count
        if more > 0 { context.console.warning("\(more) more line\(more == 1 ? " is" : "s are") not events") }
        return .malformedFile
    }
}

extension EventSummary {
    /// For people.
    var rows: [[String]] {
        let period = span.map { ", from \(Moment($0.lowerBound)) to \(Moment($0.upperBound))" } ?? ""
        let life = longestLife.map { "\(TimeSpan(seconds: $0.seconds))" + ($0.token.map { " (\($0))" } ?? "") }
        return [
            ["events", "\(eventCount)" + period],
            ["minted", "\(count(of: .minted))"],
            ["revoked", "\(count(of: .revoked))"],
            ["recovered", "\(count(of: .recovered))"],
            ["gone", "\(count(of: .gone))"],
            ["expired", "\(count(of: .expired))"],
            ["not revoked", "\(notRevoked)"],
            ["refused", "\(count(of: .refused))"],
            ["mint", mint.text],
            ["revoke", revoke.text],
            ["longest life", life ?? "unknown"],
        ]
    }

    /// For programs; members are only ever added.
    func write(files: Int, to text: inout JSONText) {
        text.member("version", 1)
        text.member("files", Int64(files))
        text.member("events", Int64(eventCount))
        text.member("from", span.map { "\(Moment($0.lowerBound))" })
        text.member("to", span.map { "\(Moment($0.upperBound))" })
        for name in TrailEvent.Name.allCases where name != .notRevoked {
            text.member(name.rawValue, Int64(count(of: name)))
        }
        text.member("notRevoked", Int64(notRevoked))
        text.member("mint", object: mint.write)
        text.member("revoke", object: revoke.write)
        if let longestLife {
            text.member(
                "longestLife",
                object: { life in
                    life.member("seconds", longestLife.seconds)
                    life.member("id", longestLife.token?.rawValue)
                }
            )
        }
        text.member("badLineCount", Int64(badLineCount))
        text.member("badLines", array: badLines) { text, bad in
            text.object { line in
                line.member("file", bad.file)
                line.member("line", Int64(bad.line))
                line.member("reason", bad.reason)
            }
        }
    }
}

extension Durations {
    fileprivate var text: String {
        guard let half = percentile(50), let most = percentile(95) else { return "unknown" }
        return "p50 \(half) ms, p95 \(most) ms"
    }

    fileprivate func write(to text: inout JSONText) {
        text.member("count", Int64(count))
        text.member("p50Ms", percentile(50))
        text.member("p95Ms", percentile(95))
    }
}

extension Explanation {
    static func unknownView(_ word: String) -> Explanation {
        Explanation(.usage, "unknown word after events: \(quoted(word))", hint: "run pulumi-token events summary FILE")
    }

    static func unreadableEvents(_ error: FileError) -> Explanation {
        Explanation(.unreadableFile, "cannot read the events in \(error.path): \(error.reason)", hint: "check the path")
    }
}
