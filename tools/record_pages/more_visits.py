"""What a visitor does on the other half of the pages."""

from tools.record_pages.hand import Hand


def editor(hand: Hand) -> None:
    """Write formatted text that holds an address."""
    hand.write("#title", hand.person.typed())
    hand.click("#note p")
    keyboard = hand.page.keyboard
    keyboard.press("Control+End")
    keyboard.type(" Then write to ", delay=10)
    hand.click("[data-do=bold]")
    keyboard.type(hand.person.email(), delay=10)
    hand.click("[data-do=bold]")
    keyboard.type(f" or call {hand.person.phone()}.", delay=10)
    keyboard.press("Enter")
    hand.click("[data-do=insertUnorderedList]")
    keyboard.type("bread", delay=10)
    keyboard.press("Enter")
    keyboard.type("salt", delay=10)
    hand.page.wait_for_selector("#state:text('saved')")


def motion(hand: Hand) -> None:
    """Turn cards over, shuffle, open and close what slides and fades."""
    for first, second in ((0, 4), (1, 2)):
        hand.click(f".card >> nth={first}")
        hand.click(f".card >> nth={second}")
        hand.page.wait_for_timeout(900)
    hand.click("#theme")
    hand.click("#rules")
    hand.page.wait_for_timeout(300)
    hand.click("#drawer button")
    hand.click("#sort")
    hand.page.wait_for_timeout(1200)


def feed(hand: Hand) -> None:
    """Scroll on and on, like something, scroll back a little."""
    hand.page.wait_for_selector("article")
    for _ in range(9):
        hand.wheel(1200)
    hand.page.wait_for_selector("article >> nth=20", state="attached")
    hand.page.mouse.move(640, 400)
    hand.click("article >> nth=12 >> button")
    hand.wheel(-240, times=2)


def charts(hand: Hand) -> None:
    """Read values off a chart, change what it shows, let it run."""
    for bar in (2, 5, 8):
        hand.page.hover(f".bar >> nth={bar}")
        hand.think()
    hand.page.locator("#smooth").press("ArrowRight")
    hand.click("#live")
    hand.page.wait_for_timeout(1500)
    hand.click("[data-town=Bergen]")


def helping(hand: Hand) -> None:
    """Search the answers, open some, change tabs by mouse and by key."""
    hand.click("summary >> nth=0")
    hand.write("#search", "wh")
    hand.click("[role=tab] >> nth=1")
    hand.click("#sending summary >> nth=0")
    hand.click("#sending summary >> nth=1")
    hand.page.keyboard.press("Shift+Tab")
    hand.page.focus("[role=tab] >> nth=1")
    hand.page.keyboard.press("ArrowRight")
    hand.click("#unfold")
    hand.click(".vote >> nth=0")


def calendar(hand: Hand) -> None:
    """Choose two days two months on, guests and a time."""
    hand.click("#dates")
    hand.click("#on")
    hand.click("#on")
    hand.click("#back")
    hand.click("[aria-label='2026-07-08']")
    hand.click("[aria-label='2026-07-15']")
    hand.page.select_option("#guests", "3")
    hand.page.fill("#breakfast", "08:30")


def upload(hand: Hand) -> None:
    """Choose two files, describe the damage, send."""
    square = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    )
    files = [
        {"name": f"{hand.person.typed()}.svg", "mimeType": "image/svg+xml", "buffer": square},
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": hand.person.typed().encode() * 40},
    ]
    hand.page.set_input_files("#files", files)  # type: ignore[arg-type]
    hand.page.wait_for_selector("li img")
    hand.write("#words", f"{hand.person.typed()} {hand.person.email()}")
    hand.click("#send")
    hand.page.wait_for_selector("text=photos are with us")


def mapping(hand: Hand) -> None:
    """Drag the map, zoom by wheel and by button, choose a hut."""
    with hand.held("#map", x=900, y=400) as (left, top):
        for step in range(12):
            hand.page.mouse.move(left + 900 - step * 30, top + 400 - step * 14)
            hand.page.wait_for_timeout(15)
    hand.wheel(-120, times=3)
    hand.click("#out")
    hand.page.locator(".hut >> nth=2").dispatch_event("click")


def chat(hand: Hand) -> None:
    """Ask twice, with an address and a number in it, and wait for the answers."""
    for words, answer in (
        (f"My parcel, I am {hand.person.email()}", "I look it up for you."),
        (f"It is {hand.person.phone()} by phone", "the parcel is in Hamburg."),
    ):
        hand.page.fill("textarea", words)
        hand.page.keyboard.press("Enter")
        hand.page.wait_for_selector(f"li:has-text('{answer}')")
        hand.think()


def broken(hand: Hand) -> None:
    """Meet an exception, a rejection, a failed request and console output, all with an address in it."""
    hand.write("#voucher", "SPRING")
    hand.click("#use")
    hand.write("#email", hand.person.email())
    for button in ("#pay", "#later", "#odd"):
        hand.click(button)
    hand.page.wait_for_selector(".oops")
