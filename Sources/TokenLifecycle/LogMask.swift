internal import CISystems
package import HostSystem
internal import Redaction
package import Secrets

/// Tells the CI system what its log must not show, before anything else is written.
package struct LogMask {
    private let context: Context
    private let budget: TimeBudget
    private let report: Reporter

    package init(_ context: Context, _ budget: TimeBudget, _ report: Reporter) {
        self.context = context
        self.budget = budget
        self.report = report
    }

    /// Masks every form of a secret: on standard error, because standard output may be captured.
    ///
    /// - Throws: when a system that can mask was not reached; where none can, nothing is printed and nothing thrown.
    package func hide(_ secret: Secret) throws(Explanation) {
        report.hide(secret)
        // The line that masks holds the value: where somebody keeps our standard error, it would be the leak.
        guard context.letsSecretsOut else { return }
        let unmasked = try explaining { () throws(ExportError) in
            try context.system.masking.register(
                maskForms(of: secret),
                environment: context.environment,
                budget: budget
            ) { lines throws(ExportError) in
                guard !context.standardError.isKept else { throw .maskUnseen }
                do throws(FileError) {
                    try lines.reveal { bytes throws(FileError) in try context.standardError.write(bytes) }
                } catch {
                    throw .unwritable(path: context.standardError.name, code: error.code)
                }
            }
        }
        if context.system.provesMasking, unmasked.contains(secret) {
            report.warning(
                "\(context.system.name) cannot mask this value in the log",
                "use pulumi-token exec, which redacts"
            )
        }
    }
}
