"""What a visitor does on each page; the first half of the pages is here, the other in ``more_visits.py``."""

from tools.record_pages.hand import Hand


def orders(hand: Hand) -> None:
    """Sort, filter, mark and page through a table."""
    for key in ("total", "total", "customer"):
        hand.click(f"th button[data-key={key}]")
    hand.write("#filter", "gri")
    hand.page.select_option("#state", "open")
    hand.click("tbody tr >> nth=1")
    hand.page.fill("#filter", "")
    hand.page.select_option("#state", "")
    hand.click("#next")
    hand.page.check("#compact")
    hand.page.hover(".scroller")
    hand.wheel(150, times=2)


def travel(hand: Hand) -> None:
    """Wander through a single-page application, back and forth, and sign in."""
    hand.click("a[href='/travel/trip/azores']")
    hand.page.wait_for_selector("[data-save]")
    hand.click("[data-save]")
    hand.click("a[href='#price']")
    hand.page.go_back()
    hand.page.go_back()
    hand.page.wait_for_selector(".trips")
    hand.page.go_forward()
    hand.page.wait_for_selector("[data-save]")
    hand.click("nav a >> text=Saved")
    hand.page.wait_for_selector("main li")
    hand.click("nav a >> text=Account")
    hand.write("[name=email]", hand.person.email())
    hand.write("[name=password]", hand.person.secret())
    hand.click("form button")
    hand.page.wait_for_selector("text=You are signed in")


def dialogs(hand: Hand) -> None:
    """Open and close dialogs of three kinds; leave one open."""
    hand.click("#invite")
    hand.write("#inviting [name=email]", hand.person.email())
    hand.page.select_option("[name=role]", "editor")
    hand.click("#inviting [value=invite]")
    hand.page.wait_for_selector(".toast", state="detached")
    hand.click("li >> nth=1 >> button")
    hand.click("#sure [value=yes]")
    hand.page.wait_for_selector(".toast", state="detached")
    hand.click("#plain")
    hand.click("#about button")
    hand.click("[popovertarget]")
    hand.page.keyboard.press("Escape")
    hand.click("li >> nth=0 >> button")


def sketch(hand: Hand) -> None:
    """Draw three strokes in two colours and take one back."""
    for color, y in (("#1b1b1f", 90), ("#c2410c", 220), ("#0f766e", 340)):
        hand.click(f"[data-color='{color}']")
        with hand.held("canvas", x=120, y=y) as (left, top):
            for step in range(14):
                hand.page.mouse.move(left + 120 + step * 40, top + y + (step % 4) * 18)
    hand.page.locator("#width").press("ArrowRight")
    hand.click("#undo")


def video(hand: Hand) -> None:
    """Play, look for a chapter, turn on the captions, pause."""
    hand.click("#play")
    hand.page.wait_for_function("document.querySelector('progress').value > 12")
    hand.click("#captions")
    hand.page.locator("#volume").press("ArrowRight")
    hand.click("#chapters li >> nth=1")
    hand.page.wait_for_function("document.querySelector('figcaption').textContent !== ''")
    hand.click("#play")


def insurance(hand: Hand) -> None:
    """Fill in a long form full of personal data, once wrongly."""
    person = hand.person
    hand.click("text=Check and go on")
    hand.write("[name=name]", person.typed())
    hand.write("[name=email]", person.email())
    hand.write("[name=phone]", person.phone())
    hand.page.fill("[name=born]", "1984-03-17")
    hand.write("[name=ssn]", person.social_security())
    hand.write("[name=password]", person.secret())
    hand.write("[name=street]", person.typed())
    hand.write("[name=town]", person.typed())
    hand.write("[name=area]", "84")
    hand.page.check("[value=flat]")
    hand.page.select_option("[name=safety]", ["safe", "smoke alarm"])
    hand.write("[name=note]", f"{person.typed()}, please call {person.phone()}")
    hand.write("[name=iban]", person.iban())
    hand.write("[name=card]", person.spaced_card())
    hand.page.check("[name=terms]")
    hand.click("text=Check and go on")
    hand.page.wait_for_selector(".summary:not([hidden])")


def kanban(hand: Hand) -> None:
    """Drag two cards by the browser's drag and drop, and one line by hand."""
    hand.page.drag_and_drop("#c2", "[data-lane=doing]")
    hand.page.drag_and_drop("#c4", "[data-lane=done]")
    with hand.held("#order li >> nth=0", x=30, y=8) as (left, top):
        for step in range(8):
            hand.page.mouse.move(left + 30, top + 8 + step * 10)
            hand.page.wait_for_timeout(20)


def parts(hand: Hand) -> None:
    """Scroll through ten thousand rows, jump, choose."""
    hand.page.hover("#list")
    hand.wheel(900, times=5)
    hand.click("[role=option] >> nth=8")
    hand.write("#go", "7311")
    hand.page.keyboard.press("Tab")
    hand.page.wait_for_selector("text=P-7311")
    hand.page.hover("#list")
    hand.wheel(-200, times=2)


def components(hand: Hand) -> None:
    """Use buttons and fields in shadow trees, and style sheets that come and go."""
    hand.click("plant-card >> nth=0 >> button")
    hand.click("plant-card >> nth=0 >> button")
    hand.click("plant-card >> nth=2 >> button")
    hand.click("plant-card >> nth=1 >> star-row >> span >> nth=3")
    hand.click("theme-switch >> button")
    hand.write("contact-box >> input", hand.person.email())
    hand.write("contact-box >> textarea", f"{hand.person.typed()} or {hand.person.phone()}")


def booking(hand: Hand) -> None:
    """Fill in a form within a frame of the same origin, and open a frame made by script."""
    frame = hand.page.frame_locator("iframe[title=booking]")
    hand.write(frame.locator("[name=name]"), hand.person.typed())
    hand.write(frame.locator("[name=phone]"), hand.person.phone())
    hand.page.wait_for_timeout(50)
    frame.locator("[name=guests]").fill("4")
    hand.click(frame.locator("text=19:30"))
    hand.click("#more")
    hand.click(frame.locator("text=Book").last)
    frame.locator("text=Booked for").wait_for()
