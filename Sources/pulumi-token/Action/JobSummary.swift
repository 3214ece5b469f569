import CISystems
import HostSystem
import TokenLifecycle

/// The table that GitHub shows with a run.
///
/// It never holds a secret, and failing to write it never fails anything else.
struct JobSummary {
    private let context: Context

    init(_ context: Context) {
        self.context = context
    }

    func write(_ title: String, _ rows: [(name: String, value: String)]) {
        guard let summary = context.system.stepSummary else { return }
        let body = rows.map { "| \($0.name) | \(Self.cell($0.value)) |\n" }.joined()
        do throws(ExportError) {
            try summary.append("### \(title)\n\n| | |\n| --- | --- |\n\(body)\n")
        } catch {
            context.console.notice("no summary: \(error.message)")
        }
    }

    /// Text as Markdown shows it: no markup of its own, one line.
    private static func cell(_ text: String) -> String {
        let plain = CISystem.harmless(text)
        return String(plain.flatMap { "|<>[]`\\".contains($0) ? ["\\", $0] : [$0] })
    }
}
