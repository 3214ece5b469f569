import CISystems
import HostSystem
import Secrets
import TokenLifecycle

/// A part of the job's log that is folded away: it begins with the first thing that is said in it, and ends before what
/// needs a person, which nobody would see in there.
final class LogSection {
    private let title: String
    private let system: CISystem
    private let now: () -> Int64
    /// Sections of a job differ in their names, those of several commands too.
    private let name: String
    private var count = 0
    private var fold: LogFold?

    /// - Parameter now: Unix time, seconds.
    init(_ title: String, on system: CISystem, name: String, now: @escaping () -> Int64) {
        (self.title, self.system, self.name, self.now) = (title, system, name, now)
    }

    /// What comes before an expected line.
    func opening() -> String {
        guard fold == nil else { return "" }
        count += 1
        fold = system.fold(title, name: "\(name)_\(count)")
        return fold?.opening(at: now()) ?? ""
    }

    /// What comes before everything else.
    func closing() -> String {
        defer { fold = nil }
        return fold?.closing(at: now()) ?? ""
    }
}

extension Context {
    /// A section for what a command says of its work; nil where the system has none that could stand in a job's own log.
    func section(_ title: String) -> LogSection? {
        guard system.foldsCommands else { return nil }
        let name = "pulumi_token_" + hexadecimal(random.bytes(4))
        return LogSection("pulumi-token: " + title, on: system, name: name, now: clock.unixTime)
    }
}
