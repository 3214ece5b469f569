internal import HostSystem
internal import Secrets

/// Unix time, in seconds, of a date in a header field; nil when it is none, or one before 1970.
///
/// A year has four digits at most, so that no sum with the result overflows.
///
/// All three forms of RFC 9110, section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`,
/// `Sun Nov  6 08:49:37 1994`.
package func unixTime(ofHTTPDate text: String) -> Int64? {
    let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
    switch words.count {
    case 6 where words[5] == "GMT" || words[5] == "UTC":
        return unixTime(day: words[1], month: words[2], year: words[3], time: words[4])
    case 5:
        return unixTime(day: words[2], month: words[1], year: words[4], time: words[3])
    default:
        return nil
    }
}

private func unixTime(day: String, month: String, year: String, time: String) -> Int64? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { number($0) }
    guard let month = months.firstIndex(of: month), let day = number(day), let year = fullYear(year),
        clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2]
    else { return nil }
    let moment = Moment(year: year, month: Int64(month) + 1, day: day, hour: hour, minute: minute, second: second)
    return moment.flatMap { $0.unixTime >= 0 ? $0.unixTime : nil }
}

/// Only digits, unlike `Int64("+5")`.
private func number(_ text: some StringProtocol) -> Int64? {
    text.utf8.allSatisfy(\.isDigit) && text.utf8.count <= 4 ? Int64(text) : nil
}

private func fullYear(_ text: String) -> Int64? {
    switch (number(text), text.utf8.count) {
    case (let year?, 4): year
    case (let year?, 2): year + (year < 70 ? 2000 : 1900)
    default: nil
    }
}
