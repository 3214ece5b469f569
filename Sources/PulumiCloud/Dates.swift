/// Unix time, in seconds, of a date in a header field; nil when it is none.
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

/// Unix time, in seconds, of an RFC 3339 date such as `2027-01-15T08:00:00.5+01:00`; nil when it is none.
///
/// A fraction of a second is dropped.
package func unixTime(ofRFC3339 text: String) -> Int64? {
    let bytes = Array(text.uppercased().utf8)
    guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T") else { return nil }
    let date = text.prefix(10).split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let clock = String(text.dropFirst(11).prefix(8))
    var zone = text.dropFirst(19)
    if zone.hasPrefix(".") {
        let digits = zone.dropFirst().prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        zone = zone.dropFirst(1 + digits.count)
    }
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard date.count == 3, date[0].utf8.count == 4, let month = number(date[1]), (1...12).contains(month),
        let local = unixTime(day: date[2], month: names[Int(month) - 1], year: date[0], time: clock),
        let offset = secondsEastOfUTC(zone)
    else { return nil }
    return local - offset
}

/// `Z`, `+01:00` or `-08:30`.
private func secondsEastOfUTC(_ zone: Substring) -> Int64? {
    if zone.uppercased() == "Z" { return 0 }
    let parts = zone.dropFirst().split(separator: ":", omittingEmptySubsequences: false).map { number($0) }
    guard zone.utf8.count == 6, parts.count == 2, let hours = parts[0], let minutes = parts[1], hours < 24, minutes < 60
    else { return nil }
    switch zone.first {
    case "+": return hours * 3600 + minutes * 60
    case "-": return -(hours * 3600 + minutes * 60)
    default: return nil
    }
}

private func unixTime(day: String, month: String, year: String, time: String) -> Int64? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { number($0) }
    guard let month = months.firstIndex(of: month), let day = number(day), let year = fullYear(year),
        (1...31).contains(day), clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
        hour < 24, minute < 60, second <= 60
    else { return nil }
    return daysSince1970(year: year, month: Int64(month) + 1, day: day) * 86400 + hour * 3600 + minute * 60 + second
}

/// Only digits, unlike `Int64("+5")`.
private func number(_ text: some StringProtocol) -> Int64? {
    text.utf8.allSatisfy(isDigit) && text.utf8.count <= 4 ? Int64(text) : nil
}

private func fullYear(_ text: String) -> Int64? {
    switch (number(text), text.utf8.count) {
    case (let year?, 4): year
    case (let year?, 2): year + (year < 70 ? 2000 : 1900)
    default: nil
    }
}

/// Days of the proleptic Gregorian calendar; years are counted from March, so that the leap day is the last.
private func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let monthFromMarch = (month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
}
