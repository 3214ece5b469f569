internal import CISystems
package import HostSystem
package import Redaction

/// Tells the CI system what its log must not show, before anything else is written.
package struct LogMask {
    private let context: Context
    private let report: Reporter

    package init(_ context: Context, _ report: Reporter) {
        self.context = context
        self.report = report
    }

    /// Masks every form of a secret: on standard error, because standard output may be captured.
    ///
    /// - Throws: when a system that can mask was not reached; where none can, nothing is printed and nothing thrown.
    package func hide(_ secret: Secret) throws(Explanation) {
        report.hide(secret)
        let unmasked = try explaining { () throws(ExportError) in
            try context.system.masking.register(
                maskForms(of: secret),
                environment: context.environment,
                clock: context.clock
            ) { lines throws(ExportError) in
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
