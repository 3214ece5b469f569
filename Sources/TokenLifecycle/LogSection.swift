internal import CISystems
internal import HostSystem
internal import Secrets

/// A part of the job's log that is folded away: it begins with the first thing that is said in it, and ends before
/// warnings and errors, which nobody would see in there.
package struct LogSection: Sendable {
    private let title: String
    private let system: CISystem
    private let now: @Sendable () -> Int64
    /// Sections of a job differ in their names, those of several commands too.
    private let name: String
    private var count = 0
    private var fold: LogFold?

    /// - Parameter title: what the log shows while the section is folded.
    package init?(_ title: String, in context: Context) {
        guard context.system.foldsCommands else { return nil }
        self.title = "pulumi-token: " + title
        system = context.system
        name = "pulumi_token_" + hexadecimal(context.random.bytes(4)[...])
        now = context.clock.unixTime
    }

    /// What comes before an expected line.
    mutating func opening() -> String {
        guard fold == nil else { return "" }
        count += 1
        fold = system.fold(title, name: "\(name)_\(count)")
        return fold?.opening(at: now()) ?? ""
    }

    /// What comes before everything else.
    mutating func closing() -> String {
        defer { fold = nil }
        return fold?.closing(at: now()) ?? ""
    }
}
